"""A server of the demo: a process with a log of its own, waited for until it answers."""

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assets.cluster.kept import end_all_of
from datasets_registry.errors import ModelFailed
from datasets_registry.plain_text import plain_line
from datasets_registry.state import REPOSITORY

HOST = "127.0.0.1"
_LINES = 5


class Service:
    """A program at work until its process is ended; what it prints is in its log."""

    def __init__(self, title: str, words: Sequence[str], folder: Path) -> None:
        self.title, self.log = title, folder / f"{title}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def require_alive(self) -> None:
        """Raise ModelFailed with the last lines of its log where it has ended."""
        if self.process.poll() is not None:
            said = self.log.read_text(errors="replace").splitlines()[-_LINES:]
            raise ModelFailed(
                f"{self.title} ended with {self.process.returncode}: {plain_line(' '.join(said))}"
            )

    def wait(self, answers: Callable[[], bool], seconds: float = 180.0) -> None:
        """Return once it answers; raises ModelFailed where it ends before, or does not in time."""
        until = time.monotonic() + seconds
        while not answered(answers):
            self.require_alive()
            if time.monotonic() > until:
                raise ModelFailed(
                    f"{self.title} did not answer within {seconds:.0f} s: its log is {self.log}"
                )
            time.sleep(0.5)

    def stop(self) -> None:
        """End it and all that it started."""
        end_all_of(self.process)


def answered(answers: Callable[[], bool]) -> bool:
    """Whether there is an answer, and it is yes; what is not up yet raises what it likes."""
    try:
        return answers()
    except Exception:
        return False


def free_ports(number: int) -> list[int]:
    """As many ports that nobody has now."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
