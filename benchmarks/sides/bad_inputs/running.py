"""Runs of bad inputs: each in a child of a process that has imported everything, or from a cold start."""

import os
import runpy
import subprocess
import sys
import time
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, NoReturn

from benchmarks.sides.bad_inputs.case import Case
from datasets_registry.state import REPOSITORY

MODULES = ("assets.graph", "assets.plan", "assets.profile.profile", "training.trainers")
SECONDS = 120


class Outcome(NamedTuple):
    """How a command ended: its exit code, what it wrote on stderr, and after how many seconds."""

    code: int
    said: str
    seconds: float


def import_all() -> None:
    """Import what commands import, so that children need not."""
    for name in MODULES:
        import_module(name)
    commands = import_module("assets.cli.commands")
    commands.app_of(commands.COMMANDS)


def in_child(case: Case, state: Path) -> Outcome:
    """The outcome in a child of this process, which is as a process of its own, but for imports."""
    with TemporaryDirectory(prefix="trimtab-bad-") as name:
        folder, started = Path(name), time.perf_counter()
        environment = _prepare(case, folder, state)
        child = os.fork()
        if child == 0:
            _become(case, folder, environment)
        _, status = os.waitpid(child, 0)
        seconds = time.perf_counter() - started
        said = (folder / "stderr").read_text(encoding="utf-8", errors="replace")
        return Outcome(os.waitstatus_to_exitcode(status), said, seconds)


def _become(case: Case, folder: Path, environment: dict[str, str]) -> NoReturn:
    """Run the command in this child to its end."""
    code = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for number, stream in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / stream, os.O_WRONLY | os.O_CREAT), number)
        # descriptors of the parent's own capture, under tests, are not the command's
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        sys.argv = [case.module, *case.arguments]
        warnings.simplefilter("ignore")
        runpy.run_module(case.module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def in_process(case: Case, state: Path) -> Outcome:
    """The outcome in a process of its own, timed from its start."""
    with TemporaryDirectory(prefix="trimtab-bad-") as name:
        folder = Path(name)
        environment, started = _prepare(case, folder, state), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", case.module, *case.arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
        seconds = time.perf_counter() - started
        return Outcome(done.returncode, done.stderr.decode("utf-8", errors="replace"), seconds)


def _prepare(case: Case, folder: Path, state: Path) -> dict[str, str]:
    """Write the case's files; the environment of its command."""
    for file, written in case.files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written.replace(b"{folder}", str(folder).encode()))
    others = [name for name in os.environ if not name.startswith(("TRIMTAB_", "DAGSTER_"))]
    return {
        **{name: os.environ[name] for name in others},
        "PYTHONPATH": str(REPOSITORY),
        "TRIMTAB_HOME": str(state),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        **case.environment,
    }
