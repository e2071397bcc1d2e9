"""The parts one after the other, each in a process of its own, within its time; none stops another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.gpu_check.child import BENCH, FIGURES
from benchmarks.gpu_check.part import Bench, Outcome, Part, Result
from benchmarks.sides.figure import Figure
from datasets_registry.state import REPOSITORY

_FIGURES = TypeAdapter(tuple[Figure, ...])
Say = Callable[[Result], None]


def run_parts(bench: Bench, parts: Sequence[Part], seconds: float, say: Say) -> list[Result]:
    """How each part came out, in their order; those that the whole time leaves no room for are skipped.

    On a CPU two run at once: nothing is timed there that anybody compares.
    """
    (bench.folder / "parts").mkdir(parents=True, exist_ok=True)
    bench.logs.mkdir(exist_ok=True)
    (bench.folder / BENCH).write_text(bench.model_dump_json())
    deadline = time.monotonic() + seconds
    first, *others = parts

    def told(part: Part, models: bool) -> Result:
        result = _run(bench, part, deadline, models)
        say(result)
        return result

    prepared = told(first, True)
    with ThreadPoolExecutor(1 if bench.machine.on_gpu else 2) as pool:
        rest = list(pool.map(lambda part: told(part, prepared.outcome == "pass"), others))
    return [prepared, *rest]


def _run(bench: Bench, part: Part, deadline: float, models: bool) -> Result:
    """How ``part`` came out."""
    left = min(part.patience * bench.size.limit, deadline - time.monotonic())
    reason = part.lacks(bench.machine)
    if reason is None and part.needs_models and not models:
        reason = "its models could not be prepared"
    if reason is None and left <= 0:
        reason = "the time of the whole check was over"
    if reason is not None:
        return Result(part=part.title, outcome="skipped", reason=reason)
    begun = time.monotonic()
    outcome, reason, figures = _measured(bench, part, left)
    seconds = round(time.monotonic() - begun, 1)
    return Result(part=part.title, outcome=outcome, reason=reason, seconds=seconds, figures=figures)


def _measured(bench: Bench, part: Part, left: float) -> tuple[Outcome, str | None, tuple[Figure, ...]]:
    path, log = bench.folder / "parts" / f"{part.title}.{FIGURES}", bench.logs / f"{part.title}.txt"
    code = _child(bench, part, left, log)
    if code is None:
        return "out of time", f"it was ended after {left:.0f} s", ()
    if code:
        return "failed", last_line(log) or f"it ended with exit code {code}", ()
    figures = _FIGURES.validate_json(path.read_text())
    return *verdict(figures), figures


def verdict(figures: Sequence[Figure]) -> tuple[Outcome, str | None]:
    """Whether all goals are kept, and the figures that miss theirs."""
    missed = [
        f"{figure.name} is {figure.value:.4g}, not {figure.goal}"
        for figure in figures
        if figure.holds is False
    ]
    return ("miss" if missed else "pass"), "; ".join(missed) or None


def _child(bench: Bench, part: Part, left: float, log: Path) -> int | None:
    """The exit code of the part's process; None where its time was over. What it started ends with it."""
    command = [sys.executable, "-m", "benchmarks.gpu_check.child", part.title, str(bench.folder)]
    with log.open("w") as said:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=bench.environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            return process.wait(left)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of the process's session, the trainers and engines that it started among it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_line(log: Path) -> str:
    """The last line that is not blank, which names the error; of a group of errors the same."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:400] if lines else ""
