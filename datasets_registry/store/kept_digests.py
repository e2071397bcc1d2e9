"""Digests of large files, kept in the state: weights are hashed once, and not in every process."""

import json
import time
from contextlib import suppress
from pathlib import Path

from datasets_registry.errors import TrimtabError
from datasets_registry.hashing import digest, file_digest
from datasets_registry.state import State, durable

# a smaller file is hashed in some hundredths of a second
LARGE = 1 << 24
# a file that changed just now could change again within one tick of its clock
SETTLED_SECONDS = 2.0
FOLDER = "digests"


def kept_digest(path: Path) -> str:
    """SHA-256 of a file's bytes: the kept one where size, times and inode are those that were hashed.

    Each file has an entry of its own, which is replaced whole, so that writers need no lock. An entry that
    cannot be read or written is passed over.
    """
    before = file_stamp(path)
    if before[0] < LARGE:
        return file_digest(path)
    entry = _entry(path)
    if (kept := _read(entry, before)) is not None:
        return kept
    is_settled = time.time_ns() - max(before[1:3]) > SETTLED_SECONDS * 1e9
    found = file_digest(path)
    if is_settled and file_stamp(path) == before:
        _write(entry, path, before, found)
    return found


def keep(path: Path, sha256: str) -> None:
    """Let ``sha256`` be the digest of a large file as it is now, which was hashed elsewhere."""
    stamp = file_stamp(path)
    if stamp[0] >= LARGE and _read(_entry(path), stamp) != sha256:
        _write(_entry(path), path, stamp, sha256)


def file_stamp(path: Path) -> tuple[int, int, int, int]:
    """Size, times of the last changes of content and of inode, and the inode's number."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _entry(path: Path) -> Path:
    return State().cache / FOLDER / f"{digest(str(path.resolve()))[:32]}.json"


def _read(entry: Path, stamp: tuple[int, ...]) -> str | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(entry.read_text(encoding="utf-8"))
        if tuple(content["stamp"]) == stamp and len(bytes.fromhex(content["sha256"])) == 32:
            return str(content["sha256"])
    return None


def _write(entry: Path, path: Path, stamp: tuple[int, ...], sha256: str) -> None:
    # a process that only reads a model makes no state
    if not entry.parents[1].is_dir():
        return
    content = {"path": str(path.resolve()), "stamp": stamp, "sha256": sha256}
    with suppress(TrimtabError), durable(entry) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")
