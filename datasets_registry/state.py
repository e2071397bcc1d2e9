"""Where state lives: one folder, ``.trimtab`` or ``TRIMTAB_HOME``, and durable writes into it."""

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datasets_registry.errors import BadInput, NoSpace

REPOSITORY = Path(__file__).resolve().parent.parent


class State:
    """The files and folders under a state root."""

    def __init__(self, root: Path | None = None) -> None:
        """Without ``root`` it is at ``TRIMTAB_HOME``, else at ``.trimtab`` in the repository.

        Raises BadInput where that can be no folder, or no query could read files there.
        """
        self.root = _folder(root or Path(os.environ.get("TRIMTAB_HOME") or REPOSITORY / ".trimtab"))
        if "\\" in str(self.root):
            raise BadInput(
                f"{self.root} has a backslash, which DuckDB reads as a slash: set TRIMTAB_HOME to a folder "
                "without one"
            )
        # the bucket of which the folder is a cache, if there is one
        self.store = os.environ.get("TRIMTAB_STORE") or None
        self.objects = self.root / "objects"
        self.ledger = self.root / "ledger"
        self.models = self.root / "models"
        self.runs = self.root / "runs"
        self.cache = self.root / "cache"
        self.tables = self.root / "tables"
        self.catalog = self.root / "catalog.sqlite"
        self.catalog_id = self.root / "catalog.id"
        self.views = self.root / "catalog.duckdb"

    def prepare(self) -> "State":
        """Create the folders; raises BadInput where they cannot be written, and NoSpace on a full disk."""
        if self.root in (Path.home().resolve(), Path(self.root.anchor)):
            raise BadInput(
                f"{self.root} holds what is not Trimtab's: set TRIMTAB_HOME to a folder of its own"
            )
        try:
            for folder in (
                self.objects,
                self.ledger,
                self.models,
                self.runs,
                self.cache,
                self.tables,
            ):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe-{uuid.uuid4().hex}"
            probe.write_bytes(b"x" * 4096)
            probe.unlink()
        except OSError as error:
            raise _state_error(self.root, error) from error
        return self


def _folder(named: Path) -> Path:
    """Where ``named`` lies; raises BadInput where it is a file, or no path of a folder."""
    try:
        place = named.expanduser().resolve()
        is_file = place.exists() and not place.is_dir()
        str(place).encode()
    # names that are too long, loops, unknown homes, and bytes that are not UTF-8
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(
            f"the state cannot lie in {str(named)!r} ({error}): set TRIMTAB_HOME to a folder"
        ) from error
    if is_file:
        raise BadInput(f"the state cannot lie in {place}, which is a file: set TRIMTAB_HOME to a folder")
    return place


def run_name(model: str, recipe: str) -> str:
    """What the folder of a model's training run is called, by which collection finds it again."""
    return f"{model.replace('/', '.')}-{recipe[:16]}"


def _state_error(root: Path, error: OSError) -> BadInput | NoSpace:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"{root} is full: free some space, or set TRIMTAB_HOME to a larger disk")
    return BadInput(
        f"cannot write state to {root} ({error.strerror}): set TRIMTAB_HOME to a folder that you own"
    )


def sync(path: Path) -> None:
    """Force a file or a folder's entries to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Write to ``path`` in its folder, which is made; raises NoSpace or BadInput where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise _state_error(path.parent, error) from error


@contextmanager
def durable(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is synced and renamed into place.

    Raises NoSpace or BadInput where it cannot be written.
    """
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with writing_to(path):
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[bool]:
    """Hold the lock file ``path``; yield whether it was free, which without ``wait`` may be False.

    Several processes may hold it ``shared``. The lock ends with the process, however that ends. Raises
    BadInput or NoSpace where the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise _state_error(path.parent, error) from error
    with file:
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
