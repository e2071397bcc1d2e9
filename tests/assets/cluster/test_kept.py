"""Services end with whoever needs them: after an end, a signal, and a kill of either."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from datasets_registry.state import REPOSITORY

# what serves in a session of its own, as Ray's jobs do, whose parent is gone besides
WORK = """
import subprocess, sys, time
from pathlib import Path
from assets.cluster.kept import watching
folder = Path(sys.argv[1])
with watching():
    subprocess.run(["sh", "-c", f"setsid sleep 300 & echo $! > {folder}/orphan"])
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    (folder / "child").write_text(str(child.pid))
    (folder / "self").write_text(__import__("os").getpid().__str__())
    if len(sys.argv) < 3:
        time.sleep(300)
"""
START = (
    "import sys; from assets.cluster.kept import watched; sys.exit(watched([sys.executable, *sys.argv[1:]]))"
)


def started(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """A process that watches over another one, which has two descendants."""
    script = folder / "work.py"
    script.write_text(WORK)
    words = [sys.executable, "-c", START, str(script), str(folder), *more]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(words, cwd=REPOSITORY, stdin=subprocess.DEVNULL, env=environment)


def soon(holds: Callable[[], bool], seconds: float = 90) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def pids(folder: Path) -> list[int]:
    return [int((folder / name).read_text()) for name in ("orphan", "child", "self")]


def all_there(folder: Path) -> bool:
    return all(
        (folder / name).exists() and (folder / name).read_text() for name in ("orphan", "child", "self")
    )


def test_nothing_is_left_after_an_end(tmp_path: Path) -> None:
    assert started(tmp_path, "ends").wait(60) == 0
    assert not any(map(is_running, pids(tmp_path)))


@pytest.fixture(params=["heeded", "ignored"])
def termination(request: pytest.FixtureRequest) -> Iterator[None]:
    """How its parent takes termination, which Dagster ignores behind a shell in the background."""
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if request.param == "ignored" else signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("termination")
@pytest.mark.parametrize("victim", ["watcher", "watched"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_signal(victim: str, number: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path) as watcher:
        try:
            assert soon(lambda: all_there(tmp_path))
            there = pids(tmp_path)
            assert all(map(is_running, there))
            os.kill(watcher.pid if victim == "watcher" else there[-1], number)
            assert soon(lambda: not any(map(is_running, there)))
            assert watcher.wait(30) != 0
        finally:
            # a failure here shall not show as a process that another test left
            watcher.kill()
