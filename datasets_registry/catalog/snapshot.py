"""The SQLite catalog as last committed, read into memory: looking at it writes nothing beside it."""

import shutil
import sqlite3
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from datasets_registry.errors import BrokenCatalog

# the two bytes of SQLite's header that say which journal a database has, and that of one in memory
_JOURNAL, _ROLLBACK = slice(18, 20), b"\x01\x01"
_TRIES = 20


def in_memory(path: Path) -> Engine:
    """The database at ``path`` as it is now, or an empty one where there is none."""
    return create_engine("sqlite://", creator=partial(_copied, path), poolclass=StaticPool)


def forbid_writes(engine: Engine) -> None:
    """Refuse changes, which would be lost with the process."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")


def _copied(path: Path) -> sqlite3.Connection:
    """Raises BrokenCatalog where the files cannot be read, and sqlite3's errors where they are damaged."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        for _ in range(_TRIES):
            if not path.exists():
                return memory
            if _log(path).exists():
                if _copy_with_log(path, memory):
                    return memory
                continue
            if (whole := _whole(path)) is not None:
                memory.deserialize(whole)
                return memory
    except OSError as error:
        raise BrokenCatalog(f"{path} cannot be read ({error.strerror}): check who may read it") from error
    raise BrokenCatalog(f"{path} changes without an end: try again when less is written")


def _log(path: Path) -> Path:
    """The file of what is committed and not yet in the database; it is there while anybody has it open."""
    return path.with_name(f"{path.name}-wal")


def _whole(path: Path) -> bytes | None:
    """The database without a log; None where somebody opened or changed it meanwhile."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    after = path.stat()
    if _log(path).exists() or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    if content:
        content[_JOURNAL] = _ROLLBACK
    return bytes(content)


def _copy_with_log(path: Path, memory: sqlite3.Connection) -> bool:
    """Whether the log was still there to be read: who closes the database last removes it."""
    try:
        _backup(path, memory)
    except sqlite3.OperationalError:
        # its index is not there, as in a backup, and cannot be made on a full or read-only disk
        with TemporaryDirectory(prefix="trimtab-catalog-") as folder:
            copy = Path(folder) / path.name
            shutil.copyfile(path, copy)
            try:
                shutil.copyfile(_log(path), _log(copy))
            except FileNotFoundError:
                return False
            _backup(copy, memory)
    return True


def _backup(path: Path, memory: sqlite3.Connection) -> None:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    try:
        connection.backup(memory)
    finally:
        connection.close()
