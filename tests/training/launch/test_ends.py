"""How launched processes begin and end: together, in one line, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.state import REPOSITORY
from tests.training.runs import write


def light(folder: Path, fate: str, rank: int = 0, **launch: Any) -> subprocess.Popen[str]:
    """Two quick processes under the launcher of that machine, of which the last meets that fate."""
    settings = {"batch_size": 8, "gradient_accumulation": 2, "fate": fate}
    path = write(folder, "none@1", settings=settings, launch={"processes": 2, **launch})
    command = [
        sys.executable,
        "-m",
        "training.launch",
        "tests.training.light",
        "--config",
        str(path),
    ]
    with (folder / f"stderr-{rank}.txt").open("w") as stderr:
        return subprocess.Popen(
            [*command, "--machine-rank", str(rank)],
            cwd=REPOSITORY,
            stderr=stderr,
            text=True,
            env=os.environ | {"TRIMTAB_HOME": str(folder / "state")},
        )


def is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    return False


def soon(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_launcher_leaves_no_process_behind(stop: signal.Signals, tmp_path: Path) -> None:
    launcher = light(tmp_path, "sleeps")
    files = [tmp_path / f"pid-{rank}" for rank in (0, 1)]
    assert soon(lambda: all(path.exists() and path.read_text() for path in files), 120)
    pids = [int(path.read_text()) for path in files]
    assert all(map(is_running, pids))
    launcher.send_signal(stop)
    assert soon(lambda: not any(map(is_running, pids)), 10)
    assert launcher.wait(10) != 0


def test_a_thread_that_never_ends_keeps_no_run_from_ending(tmp_path: Path) -> None:
    launcher = light(tmp_path, "lingers")
    try:
        assert launcher.wait(120) == 0
    finally:
        launcher.kill()
    assert [(tmp_path / f"done-{rank}").read_text() for rank in (0, 1)] == ["8", "8"]


def test_an_error_that_nobody_foresaw_in_one_of_two_processes_is_one_line(tmp_path: Path) -> None:
    assert light(tmp_path, "breaks").wait(120) == 1
    sentence = (tmp_path / "error.txt").read_text()
    assert sentence.startswith("unexpected ZeroDivisionError") and "in process 1 (details in" in sentence
    said = (tmp_path / "stderr-0.txt").read_text()
    assert said.splitlines()[-1] == f"error: {sentence}" and "Traceback" not in said


def test_machines_begin_anew_together_where_a_process_is_short_of_memory(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        machines = {"machines": 2, "main_address": "127.0.0.1", "main_port": free.getsockname()[1]}
    launchers = [light(tmp_path, "short of memory", rank, **machines) for rank in (0, 1)]
    codes = [launcher.wait(120) for launcher in launchers]
    said = [(tmp_path / f"stderr-{rank}.txt").read_text() for rank in (0, 1)]
    assert codes == [0, 0], said
    assert [(tmp_path / f"done-{rank}").read_text() for rank in (0, 1)] == ["4", "4"]
    assert "out of memory with 8 rows at once: resumes from its last checkpoint with 4, 2 times" in said[1]
    # and the first process alone reports
    assert [line for line in "".join(said).splitlines() if "rows at once, process" in line] == [
        "policy: 8 rows at once, process 0",
        "policy: 4 rows at once, process 0",
    ]
