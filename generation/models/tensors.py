"""The tensors of a model's safetensors files, by name, each read when it is wanted."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from generation.models.folder import INDEX

if TYPE_CHECKING:
    import torch


class _File(Protocol):
    """An open file of safetensors."""

    def keys(self) -> list[str]: ...

    def get_tensor(self, name: str) -> "torch.Tensor": ...

    def get_slice(self, name: str) -> "_Slice": ...


class _Slice(Protocol):
    """A tensor that is not read yet."""

    def get_shape(self) -> list[int]: ...


class Tensors:
    """All tensors that transformers would load from ``folder``; files are mapped, not read, until then."""

    def __init__(self, folder: Path) -> None:
        self.files = {path.name: path for path in _weight_files(folder)}

    def __enter__(self) -> Self:
        from safetensors import safe_open

        self._opened = ExitStack()
        self._handles: dict[str, _File] = {
            file: self._opened.enter_context(safe_open(path, "pt")) for file, path in self.files.items()
        }
        names = {file: list(handle.keys()) for file, handle in self._handles.items()}
        self._file_of = {key: file for file in names for key in names[file]}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def __contains__(self, key: str) -> bool:
        return key in self._file_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._file_of)

    def __getitem__(self, key: str) -> "torch.Tensor":
        return self._handles[self._file_of[key]].get_tensor(key)

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor, which is not read."""
        return tuple(self._handles[self._file_of[key]].get_slice(key).get_shape())

    def of(self, file: str) -> list[str]:
        """The names of the tensors in one file."""
        return [key for key, place in self._file_of.items() if place == file]


def _weight_files(folder: Path) -> list[Path]:
    index = folder / INDEX
    if index.is_file():
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / file for file in sorted({*named})]
    single = folder / "model.safetensors"
    return [single] if single.is_file() else sorted(folder.glob("*.safetensors"))
