"""The contract of a store: immutable files by name, each put once and whole."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from datasets_registry.state import writing_to


@dataclass(frozen=True)
class Stored:
    """A file of a store; ``changed`` is when by the store's own clock, in seconds since 1970."""

    name: str
    num_bytes: int
    changed: float


class Store(Protocol):
    """Files that never change, by names such as ``objects/ab/abc.parquet``; safe for many machines at once.

    ``url`` names the bucket; it is None where ``root`` itself holds the files. What asks a bucket raises
    BadInput where that cannot be used, and StoreFailed where it does not answer.
    """

    root: Path
    url: str | None

    def place(self, key: str) -> Path:
        """Where the file lies on this machine, or would lie once it is fetched."""
        ...

    def holds(self, key: str, num_bytes: int | None = None) -> bool:
        """Whether a file that was recorded is still there, of that size; a bucket is trusted, not asked."""
        ...

    def put(self, key: str, file: Path, *, replace: bool = False) -> bool:
        """Move the finished ``file``, as ``scratch`` gives it, to its name: durable and whole for all.

        False where the name is taken, whose file then stays, unless one that is damaged shall be replaced.
        """
        ...

    def path(self, key: str, sha256: str | None = None) -> Path:
        """The file on this machine, fetched if need be; raises BrokenObject where it is missing.

        It raises that too where what is fetched has another SHA-256 than is given.
        """
        ...

    def fetch(self, key: str, to: Path, sha256: str | None = None) -> Path:
        """A copy of the file at ``to``, which is replaced whole; raises as ``path`` does."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` to ``end``; raises BrokenObject where the file is missing."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """The files in a folder such as ``objects`` and in those below it, in no order."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Remove files, and the copies of them here; one that is gone is no error."""
        ...

    def now(self) -> float:
        """What the clock says by which files are ``changed``."""
        ...


@contextmanager
def scratch(store: Store, key: str) -> Iterator[Path]:
    """A temporary path beside the place of ``key``, to be written and then ``put``; gone afterwards.

    Raises NoSpace or BadInput where it cannot be written.
    """
    place = store.place(key)
    temporary = place.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with writing_to(place):
            yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
