"""Processes that end with the one that needs them, however that ends: no service is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

_CHILD_SUBREAPER = 36
END_SECONDS = 10.0


def adopt_orphans() -> None:
    """Let descendants whose parent ends become children of this process (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1)


def end_descendants() -> None:
    """End all processes below this one, also those that an ending one leaves to it."""
    while below := psutil.Process().children(recursive=True):
        end(below)


def end_all_of(process: subprocess.Popen[bytes]) -> None:
    """End a process and all below it."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(process.pid)
        end([top, *top.children(recursive=True)])
    process.wait()


def end(processes: Sequence[psutil.Process]) -> None:
    """Ask processes to end; those that do not in a while are killed."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=END_SECONDS)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=END_SECONDS)


def watched(command: Sequence[str]) -> int:
    """Run a command that is ``watching``; whichever of both ends first, the other ends all that it started.

    Its exit code. An interrupt or termination of this process is one of the command.
    """
    adopt_orphans()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
    try:
        return process.wait()
    finally:
        end_descendants()


@contextmanager
def watching() -> Iterator[None]:
    """End all descendants at the end, which comes by an interrupt once whoever started this is gone."""
    adopt_orphans()
    # a shell in the background ignores interrupts, and Dagster then termination: so would their children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_interrupt_at_end, daemon=True).start()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_descendants()


def _interrupt_at_end() -> None:
    # below Python's own streams, which a thread that waits keeps from closing
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGINT)
