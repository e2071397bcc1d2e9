"""A trainer ends at a signal, whatever the process that started it makes of signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datasets_registry.state import REPOSITORY
from tests.training.runs import write


def ignore_both() -> None:
    """Be as a process that a shell started in the background, after Dagster captured its interrupts."""
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, signal.SIG_IGN)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_trainer_ends_at_a_signal_that_its_parent_ignores(stop: signal.Signals, tmp_path: Path) -> None:
    path = write(tmp_path, "none@1", settings={"fate": "sleeps"})
    trainer = subprocess.Popen(
        [sys.executable, "-m", "tests.training.light", "--config", str(path)],
        cwd=REPOSITORY,
        env=os.environ | {"TRIMTAB_HOME": str(tmp_path / "state")},
        preexec_fn=ignore_both,
    )
    try:
        while not (tmp_path / "pid-0").exists() and trainer.poll() is None:
            time.sleep(0.02)
        trainer.send_signal(stop)
        assert trainer.wait(60) == -stop
    finally:
        trainer.kill()


def test_an_error_that_nobody_foresaw_is_one_line_and_says_where_its_details_are(tmp_path: Path) -> None:
    path = write(tmp_path, "none@1", settings={"fate": "breaks"})
    trainer = subprocess.run(
        [sys.executable, "-m", "tests.training.light", "--config", str(path)],
        cwd=REPOSITORY,
        env=os.environ | {"TRIMTAB_HOME": str(tmp_path / "state")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert trainer.returncode == 1
    progress, line = trainer.stderr.splitlines()
    assert progress.endswith("process 0")
    assert line.startswith("error: unexpected ZeroDivisionError: by\\u001b[31m zero in process 0 (details in")
    assert line == f"error: {(tmp_path / 'error.txt').read_text()}"
    (details,) = (tmp_path / "state" / "errors").iterdir()
    assert str(details) in line and "Traceback" in details.read_text()
