"""Kills, a crowd, a full disk, and what is kept: python benchmarks/faults.py [--json] [--quick]."""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, exactly, run
from benchmarks.sides.generation.killed import SEED, Damage, asked_by, inspect, kill_runs, start, stored
from benchmarks.sides.generation.recorded_run import RecordedRun
from benchmarks.sides.generation.slow_words import open_slow
from datasets_registry.errors import NoSpace
from generation.completer import Completer
from generation.ledger import ledger as ledger_module
from generation.ledger.ledger import Ledger
from generation.ledger.segments import listed
from generation.request import Message, Request
from generation.scripted import ScriptedBackend

KILLS, QUICK_KILLS = 50, 1
ROLLOUT_KILLS, ROLLOUT_SOLUTIONS = 20, 40


def overlapping(folder: Path, num_requests: int, *, kill_one: bool) -> tuple[int, Damage]:
    """Four processes over overlapping sets: keys asked for twice without need, and the damage."""
    rng, damage = random.Random(SEED), Damage()
    folder.mkdir()
    runs = [
        RecordedRun(
            opening="benchmarks.sides.generation.slow_words:open_slow",
            argument="slow",
            ledger=folder / "ledger",
            asked=folder / "asked",
            numbers=tuple(rng.sample(range(num_requests), num_requests * 3 // 4)),
        )
        for _ in range(4)
    ]
    processes = [start(recorded, wait=False) for recorded in runs]
    in_flight: set[str] = set()
    if kill_one:
        killed, in_flight = _kill_first_asker(runs[0], processes)
        damage.kills = int(processes[killed].wait() == -signal.SIGKILL)
        del runs[killed]
    for process in processes:
        process.communicate()
    times_asked = Counter(key for _, key in asked_by(runs[0]))
    inspect(folder / "ledger", damage)
    fingerprint = open_slow("slow").fingerprint
    expected = {request.key(fingerprint) for recorded in runs for request in recorded.requests}
    damage.flushed = len(stored(folder / "ledger"))
    damage.differing_rows = len(expected - stored(folder / "ledger"))
    return sum(times > 1 for key, times in times_asked.items() if key not in in_flight), damage


def _kill_first_asker(
    recorded: RecordedRun, processes: Sequence[subprocess.Popen[str]]
) -> tuple[int, set[str]]:
    """Kill whichever process asked first, in the middle; its place, and what it asked for and lost."""
    while len(listed(recorded.ledger)) < 3:
        time.sleep(0.01)
    killed = asked_by(recorded)[0][0]
    place = [process.pid for process in processes].index(killed)
    processes[place].kill()
    processes[place].wait()
    return place, {key for process, key in asked_by(recorded) if process == killed} - stored(recorded.ledger)


def full_disk(disk: Path) -> dict[str, bool]:
    """Fill a small disk with completions, look, give it room and go on: what held."""
    with small_disk(disk):
        ledger = Ledger(disk / "ledger")
        requests = [Request(messages=(Message(role="user", content=str(number)),)) for number in range(400)]
        held = {"a clear error": False}
        try:
            Completer(_long_answers(), ledger, asset="faults", report=lambda _: None)("x", requests)
        except NoSpace as error:
            held["a clear error"] = "is full: free some space" in str(error)
        kept = stored(ledger.folder)
        held["the ledger readable"] = 0 < len(kept) < 400 and ledger.stats()[0]["completions"] == len(kept)
        held["nothing half written"] = not list(ledger.folder.rglob(".tmp-*"))
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        backend = _long_answers()
        Completer(backend, ledger, asset="faults", report=lambda _: None)("x", requests)
        again = {request.key(backend.fingerprint) for request in backend.requests}
        held["the next run complete"] = len(stored(ledger.folder)) == 400 and not again & kept
        return held


def _long_answers() -> ScriptedBackend:
    return ScriptedBackend(lambda request: random.Random(request.messages[-1].content).randbytes(5_000).hex())


@contextmanager
def small_disk(disk: Path) -> Iterator[None]:
    """A disk of one megabyte at ``disk``; raises PermissionError where mounting is not allowed."""
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode:
        raise PermissionError(mounted.stderr.strip())
    flush_at, ledger_module.FLUSH_COMPLETIONS = ledger_module.FLUSH_COMPLETIONS, 20
    try:
        yield
    finally:
        ledger_module.FLUSH_COMPLETIONS = flush_at
        subprocess.run(["umount", str(disk)], check=True)


def measure(quick: bool) -> Sequence[Figure]:
    """Every fault, and what must not come of it."""
    from tests.tiny_model import write_tiny_model

    with tempfile.TemporaryDirectory(prefix="trimtab-faults-") as name:
        folder = Path(name)
        model = write_tiny_model(folder / "tiny")
        kills = QUICK_KILLS if quick else KILLS
        damage = kill_runs(RecordedRun.model_fields["opening"].default, str(model), folder, kills)
        figures = [*killed_figures("transformers", damage, kills)]
        opening = RecordedRun.model_fields["opening"].default
        kills = QUICK_KILLS if quick else ROLLOUT_KILLS
        damage = kill_runs(opening, str(model), folder / "rollouts", kills, ROLLOUT_SOLUTIONS, rollouts=True)
        figures += killed_figures("rollouts", damage, kills)
        for kill_one in (False, True):
            twice, damage = overlapping(folder / f"four{kill_one}", 600, kill_one=kill_one)
            title = f"4 processes{', one killed' if kill_one else ''}"
            figures += [
                exactly(f"{title}: keys generated twice beyond what was in flight", twice, 0),
                exactly(f"{title}: duplicate keys", damage.duplicate_keys, 0),
                exactly(f"{title}: missing rows", damage.differing_rows, 0),
            ]
        return [*figures, *_disk_figures(folder / "disk")]


def killed_figures(backend: str, damage: Damage, kills: int) -> Iterator[Figure]:
    """The figures of ``kill_runs`` with ``backend``."""
    yield exactly(f"{backend}: kills", damage.kills, kills, "kills")
    yield Figure(
        name=f"{backend}: completions flushed before a kill", value=damage.flushed, unit="completions"
    )
    for name in ("generated_again", "duplicate_keys", "unreadable_segments", "differing_rows"):
        yield exactly(f"{backend}: {name.replace('_', ' ')}", getattr(damage, name), 0)


def _disk_figures(disk: Path) -> Iterator[Figure]:
    try:
        held = full_disk(disk)
    except (PermissionError, FileNotFoundError) as error:
        yield Figure(name=f"full disk: not run, no small disk can be mounted ({error})", value=None, unit="")
        return
    for name, holds in held.items():
        yield exactly(f"full disk: {name}", int(holds), 1, "held")


if __name__ == "__main__":
    run(measure, __doc__)
