"""A model's files as a node finds them: at the driver's path, and known without reading all weights again."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.state import State
from datasets_registry.store.kept_digests import LARGE, keep, kept_digest
from generation.models.folder import fingerprint, fingerprinted_files


@dataclass(frozen=True)
class Weights:
    """A large file of a model: its size, and the digest that the driver has of it."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class ModelFiles:
    """The folder of a model, its base's where it is stored as an adapter, and what both are."""

    folder: Path
    base: Path | None
    fingerprint: str
    weights: tuple[Weights, ...]

    @classmethod
    def of(cls, folder: Path, base: Path | None) -> "ModelFiles":
        """What the driver knows of them; large files are hashed once, and not by each replica."""
        found = tuple(_weights(folder)) + (tuple(_weights(base)) if base else ())
        return cls(folder.resolve(), base.resolve() if base else None, fingerprint(folder), found)

    def require_here(self) -> None:
        """Take the driver's digests of large files over, and raise BadInput where this is another model.

        Small files are read: a node with another config, tokenizer or chat template is refused.
        """
        with suppress(TrimtabError):
            State().prepare()
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


def _weights(folder: Path) -> Iterator[Weights]:
    for path in fingerprinted_files(folder):
        size = path.stat().st_size
        if size >= LARGE:
            yield Weights(path.resolve(), size, kept_digest(path))
