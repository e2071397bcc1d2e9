"""Processes of tests: forks of one that has imported the registry, each in the environment of now."""

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.datasets_registry.committing", "pytest"])


def started(work: Callable[..., object], *each: Sequence[Any]) -> Sequence[BaseProcess]:
    """A running process that does the work, for each of these arguments."""
    processes = [FORKING.Process(target=_run, args=(dict(os.environ), work, given)) for given in each]
    for process in processes:
        process.start()
    return processes


def finish(processes: Sequence[BaseProcess]) -> None:
    """Wait for processes, none of which may fail."""
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _run(environment: Mapping[str, str], work: Callable[..., object], given: Sequence[Any]) -> None:
    # the server that is forked began in another environment
    os.environ.clear()
    os.environ.update(environment)
    work(*given)
