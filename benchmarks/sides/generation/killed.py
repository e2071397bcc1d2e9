"""Runs that are killed and restarted, and the damage that is looked for."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.sides.generation.recorded_run import RecordedRun
from datasets_registry.state import REPOSITORY
from generation.ledger.ledger import Ledger
from generation.ledger.segments import listed

SEED = 0


@dataclass
class Damage:
    """What kills did; all but ``kills`` and ``flushed`` must stay 0."""

    kills: int = 0
    flushed: int = 0
    generated_again: int = 0
    duplicate_keys: int = 0
    unreadable_segments: int = 0
    differing_rows: int = 0


def kill_runs(
    opening: str, argument: str, folder: Path, kills: int, num_requests: int = 400, *, rollouts: bool = False
) -> Damage:
    """Kill runs with the backend ``opening`` at random moments, restart them, and count the damage."""
    rng, damage = random.Random(SEED), Damage()
    folder.mkdir(exist_ok=True)
    whole = _run_of(opening, argument, folder / "undisturbed", num_requests, rollouts)
    process, began = start(whole), time.monotonic()
    finish(process)
    seconds = time.monotonic() - began
    for cycle in range(kills):
        if damage.kills < kills:
            run = _run_of(opening, argument, folder / f"cycle{cycle}", num_requests, rollouts)
            _kill_until_done(run, rng, seconds / 4, kills, damage)
            damage.differing_rows += len(rows_of(Ledger(whole.ledger)) ^ rows_of(Ledger(run.ledger)))
    return damage


def _kill_until_done(
    run: RecordedRun, rng: random.Random, seconds: float, kills: int, damage: Damage
) -> None:
    """Kill and restart the run until it gets through or has been killed often enough; then finish it."""
    going = True
    while going and damage.kills < kills:
        flushed, num_asked = stored(run.ledger), len(asked_by(run))
        process = start(run)
        time.sleep(rng.uniform(0, seconds))
        going = process.poll() is None
        if going:
            damage.kills += 1
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        damage.generated_again += len(flushed & {key for _, key in asked_by(run)[num_asked:]})
        damage.flushed += len(stored(run.ledger) - flushed)
        inspect(run.ledger, damage)
    flushed, num_asked = stored(run.ledger), len(asked_by(run))
    finish(start(run, wait=False))
    damage.generated_again += len(flushed & {key for _, key in asked_by(run)[num_asked:]})
    inspect(run.ledger, damage)


def _run_of(opening: str, argument: str, folder: Path, num_requests: int, rollouts: bool) -> RecordedRun:
    folder.mkdir()
    return RecordedRun(
        opening=opening,
        argument=argument,
        ledger=folder / "ledger",
        asked=folder / "asked",
        numbers=tuple(range(num_requests)),
        rollouts=rollouts,
    )


def start(run: RecordedRun, *, wait: bool = True) -> subprocess.Popen[str]:
    """A process of the run, which has its first completion unless there is nothing to ``wait`` for."""
    command = [sys.executable, "-m", "benchmarks.sides.generation.recorded_run", run.model_dump_json()]
    # two threads for so small a model only wait for one another
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=environment)
    if wait:
        assert process.stdout is not None
        process.stdout.readline()
    return process


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a run that nobody disturbs."""
    process.communicate()
    if process.returncode:
        raise RuntimeError(f"an undisturbed run ended with {process.returncode}")


def asked_by(run: RecordedRun) -> list[tuple[int, str]]:
    """Who asked a backend for which key, in order."""
    lines = run.asked.read_text().splitlines() if run.asked.exists() else []
    return [(int(process), key) for process, key in (line.split() for line in lines)]


def stored(ledger: Path) -> set[str]:
    """The keys of all stored successes."""
    rows = Ledger(ledger).ask("SELECT DISTINCT key FROM stored WHERE error IS NULL")
    return {row["key"] for row in rows}


def rows_of(ledger: Ledger) -> set[tuple[str, ...]]:
    """What an undisturbed run would store as well: everything but when and how fast."""
    rows = ledger.ask(
        "SELECT key, request, text, finish_reason, error, num_prompt_tokens, num_completion_tokens"
        " FROM stored"
    )
    return {tuple(str(value) for value in row.values()) for row in rows}


def inspect(ledger: Path, damage: Damage) -> None:
    """Read every segment there is."""
    keys: Counter[str] = Counter()
    for name in listed(ledger):
        try:
            keys.update(pq.read_table(ledger / name).column("key").to_pylist())
        except (OSError, pa.ArrowInvalid):
            damage.unreadable_segments += 1
    damage.duplicate_keys += sum(times > 1 for times in keys.values())
