"""Lock files of cards, by the driver's unique id: two runs on one machine are never on one card at once."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.state import locked
from generation.cards.visible import Card


def folder() -> Path:
    """Where the lock files lie: with the machine, not with a state folder, of which a machine has several."""
    return Path(tempfile.gettempdir()) / f"trimtab-cards-{os.getuid()}"


class CardLock:
    """The lock of one card; it ends with the processes that have its file open, however they end."""

    def __init__(self, card: Card) -> None:
        self._path = folder() / f"{card.uuid}.lock"
        self._wanted = folder() / f"{card.uuid}.wanted"
        self.file = -1

    def acquire(self, title: str) -> bool:
        """Take the lock for ``title``; False where another process has it."""
        try:
            self._path.parent.mkdir(exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadInput(
                f"cannot lock a card by {self._path} ({error.strerror}): set TMPDIR to a folder that you own"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} ({title})".encode())
        self.file = file
        return True

    def release(self) -> None:
        """Give the lock up, for children that share it too."""
        fcntl.flock(self.file, fcntl.LOCK_UN)
        os.close(self.file)

    def owner(self) -> str:
        """Who took the lock last."""
        return self._path.read_text(encoding="utf-8", errors="replace") if self._path.exists() else ""

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Let the owner know that somebody waits."""
        with locked(self._wanted, shared=True):
            yield

    def is_wanted(self) -> bool:
        """Whether another process waits for the card."""
        with locked(self._wanted, wait=False) as free:
            return not free
