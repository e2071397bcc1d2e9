"""A model's files as a node finds them: at the driver's path, and known without reading all weights again."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.state import State
from datasets_registry.store.kept_digests import LARGE, keep, kept_digest
from datasets_registry.store.model_files import fetch_folder
from datasets_registry.stores.opening import store_of
from datasets_registry.version import Content
from generation.models.folder import fingerprint, fingerprinted_files


@dataclass(frozen=True)
class Weights:
    """A large file of a model: its size, and the digest that the driver has of it."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Stored:
    """A folder of the state whose files are in its bucket too: each file's name and SHA-256."""

    folder: Path
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModelFiles:
    """The folder of a model, its base's where it is stored as an adapter, and what both are.

    ``stored`` are those of them that a node without them finds in the bucket.
    """

    folder: Path
    base: Path | None
    fingerprint: str
    weights: tuple[Weights, ...]
    stored: tuple[Stored, ...] = ()

    @classmethod
    def of(cls, folder: Path, base: Path | None) -> "ModelFiles":
        """What the driver knows of them; large files are hashed once, and not by each replica."""
        folders = [each.resolve() for each in (folder, base) if each]
        return cls(
            folder.resolve(),
            base.resolve() if base else None,
            fingerprint(folder),
            tuple(file for each in folders for file in _weights(each)),
            tuple(_stored(folders)),
        )

    def require_here(self) -> None:
        """Take the driver's digests of large files over, and raise BadInput where this is another model.

        Small files are read: a node with another config, tokenizer or chat template is refused.
        """
        with suppress(TrimtabError):
            State().prepare()
        for each in self.stored:
            _fetch(each)
        for file in self.weights:
            self._require_size(file)
            keep(file.path, file.sha256)
        if not self.folder.is_dir() or (found := fingerprint(self.folder)) != self.fingerprint:
            what = f"has the model {found[:16]} there" if self.folder.is_dir() else "has no such folder"
            raise BadInput(self._refusal(self.folder, what))

    def _require_size(self, file: Weights) -> None:
        try:
            size = file.path.stat().st_size
        except OSError:
            raise BadInput(self._refusal(file.path, "has no such file")) from None
        if size != file.size:
            raise BadInput(self._refusal(file.path, f"has {size:,} of its {file.size:,} bytes"))

    def _refusal(self, path: Path, what: str) -> str:
        return (
            f"node {gethostname()} {what}: {path}, of the model {self.fingerprint[:16]}; let all nodes see "
            "the state folder (TRIMTAB_HOME) and given models under the driver's paths"
        )


def _stored(folders: Iterable[Path]) -> Iterator[Stored]:
    """Those of the folders that are the state's, where it has a bucket."""
    state = State()
    for folder in folders if state.store else ():
        if folder.is_relative_to(state.models):
            files = (path for path in sorted(folder.rglob("*")) if path.is_file())
            yield Stored(folder, tuple((str(path.relative_to(folder)), kept_digest(path)) for path in files))


def _fetch(stored: Stored) -> None:
    """Bring the folder to this node, once for all its replicas; what is there is left as it is."""
    files: dict[str, Content] = {name: {"sha256": sha256} for name, sha256 in stored.files}
    fetch_folder(store_of(State()), stored.folder, files)


def _weights(folder: Path) -> Iterator[Weights]:
    for path in fingerprinted_files(folder):
        size = path.stat().st_size
        if size >= LARGE:
            yield Weights(path.resolve(), size, kept_digest(path))
