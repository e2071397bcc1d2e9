"""A store on this machine's disk: the state folder itself."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets_registry.errors import BrokenObject
from datasets_registry.state import sync
from datasets_registry.stores.store import Stored


class FolderStore:
    """The files below ``root``, where other programs find them too."""

    url: str | None = None

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, key: str) -> Path:
        """Where the file lies."""
        return self.root / key

    def holds(self, key: str, num_bytes: int | None = None) -> bool:
        """Whether the file is there, of that size."""
        try:
            size = self.place(key).stat().st_size
        except OSError:
            return False
        return num_bytes in (None, size)

    def put(self, key: str, file: Path, *, replace: bool = False) -> bool:
        """Move the finished ``file`` to its place and sync both; False where the name is taken."""
        place = self.place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        sync(file)
        if replace:
            file.replace(place)
        is_new = replace or _linked(file, place)
        sync(place.parent)
        return is_new

    def path(self, key: str, sha256: str | None = None) -> Path:
        """The file itself; raises BrokenObject where it is missing."""
        place = self.place(key)
        if not place.exists():
            raise BrokenObject(f"{place} is missing: `trimtab verify` says what is left of its version")
        return place

    def fetch(self, key: str, to: Path, sha256: str | None = None) -> Path:
        """The file itself, as there is no nearer place."""
        return self.path(key, sha256)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` to ``end``; raises BrokenObject where the file is missing."""
        with self.path(key).open("rb") as file:
            file.seek(start)
            return file.read(-1 if end is None else end - start)

    def list(self, prefix: str) -> Iterator[Stored]:
        """The files in a folder and those below it, but for those that are being written."""
        for folder, _, names in os.walk(self.root / prefix):
            for key in names:
                path = Path(folder, key)
                try:
                    status = path.stat()
                except OSError:
                    continue
                if not key.startswith("."):
                    yield Stored(path.relative_to(self.root).as_posix(), status.st_size, status.st_mtime)

    def delete(self, names: Sequence[str]) -> None:
        """Remove files; one that is gone is no error."""
        for key in names:
            self.place(key).unlink(missing_ok=True)

    def now(self) -> float:
        """This machine's clock."""
        return time.time()


def _linked(file: Path, place: Path) -> bool:
    """Give ``file`` the name ``place`` alone, unless that is taken; whether it was free."""
    try:
        os.link(file, place)
    except FileExistsError:
        return False
    except OSError:
        # a file system without hard links, where two writers of one content may both write it
        if place.exists():
            return False
        file.replace(place)
        return True
    file.unlink()
    return True
