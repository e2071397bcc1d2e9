"""Trainers of builds in tests: children of a process that has loaded what they import in seconds."""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.assets.loaded_trainers"])


class ForkedTrainer:
    """What Dagster Pipes needs of a process that it started."""

    def __init__(self, command: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
        self._process = FORKING.Process(target=run_as_main, args=(list(command), cwd, dict(env)))
        self._process.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit code, once it has ended; None where it works on after so many seconds."""
        self._process.join(timeout)
        return self.returncode

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it works."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process.pid
        os.kill(self._process.pid, number)


def start(command: Sequence[str], **options: Any) -> "ForkedTrainer | subprocess.Popen[bytes]":
    """Start a trainer of one process as a fork, and whatever else as it says."""
    # coverage, which names its settings there, sees no fork that ends without its handlers
    counted = "COVERAGE_PROCESS_CONFIG" in os.environ
    if command[2].startswith("training.") and command[2] != "training.launch" and not counted:
        return ForkedTrainer(command, options["cwd"], options["env"])
    return subprocess.Popen(command, **options)


def run_as_main(command: list[str], cwd: str, env: dict[str, str]) -> None:
    """Be the process that ``python -m`` would be."""
    import datasets

    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    # read when the library is loaded, which was before
    datasets.config.HF_DATASETS_CACHE = Path(env["HF_DATASETS_CACHE"])
    sys.orig_argv, sys.argv = command, command[2:]
    runpy.run_module(command[2], run_name="__main__", alter_sys=True)
