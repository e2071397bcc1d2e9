"""Poison: while a method runs, what is none of its inputs, models and settings raises or is noted down."""

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from assets.building.code import FOLDERS, code_of
from assets.building.declared import Dataset
from assets.building.recipe import Recipe
from assets.profile import profile as profile_module
from datasets_registry.state import REPOSITORY
from methods.judges.items import ItemSettings
from methods.problems.prompt_files import PromptFileSettings
from methods.templates import template_path

_OURS = tuple(str(REPOSITORY / folder) for folder in (*FOLDERS, "tests"))
# asked for by compiled libraries, which have no frame of their own
_COMPILED = ("PYARROW_",)
_SOURCES = (".py", ".pyc", ".so")
# the files that are opened while somebody watches
_opened: set[Path] | None = None


class Poisoned(AssertionError):
    """Something else than inputs, models and settings was read."""


class _PoisonedEnvironment(MutableMapping[str, str]):
    """The environment, which other people's code may read and ours may not."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self._real = real

    def __getitem__(self, name: str) -> str:
        self._refuse(name)
        return self._real[name]

    def __iter__(self) -> Iterator[str]:
        self._refuse("all of it")
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)

    def __setitem__(self, name: str, value: str) -> None:
        self._real[name] = value

    def __delitem__(self, name: str) -> None:
        del self._real[name]

    def _refuse(self, name: str) -> None:
        frame: FrameType | None = sys._getframe(2)
        while frame and frame.f_globals["__name__"] in ("os", "collections.abc"):
            frame = frame.f_back
        if frame and frame.f_code.co_filename.startswith(_OURS) and not name.startswith(_COMPILED):
            raise Poisoned(f"{frame.f_code.co_filename} reads the environment: {name}")


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is None or event != "open" or not isinstance(arguments[0], str):
        return
    path = Path(arguments[0]).absolute()
    inside = path.is_relative_to(REPOSITORY) and ".venv" not in path.parts
    if inside and path.suffix not in _SOURCES:
        _opened.add(path)


# it stays for the whole process, since hooks cannot be removed
sys.addaudithook(_note)


@contextmanager
def poisoned(dataset: Dataset, recipe: Recipe) -> Iterator[None]:
    """Let profile and environment raise; and raise Poisoned where a file was read that no recipe holds."""
    global _opened

    def refuse(name: str | None = None) -> None:
        raise Poisoned("the profile is read")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", _PoisonedEnvironment(os.environ))
        patch.setattr(profile_module, "load_profile", refuse)
        _opened = set()
        try:
            yield
            opened = _opened
        finally:
            _opened = None
    if strange := sorted(opened - _held_files(dataset, recipe)):
        raise Poisoned(f"{dataset.name} reads {', '.join(map(str, strange))}, which its recipe does not hold")


def _held_files(dataset: Dataset, recipe: Recipe) -> set[Path]:
    """The files whose content the recipe holds: prompt texts, tables beside modules, prompts, suites."""
    held = {template_path(name) for name in recipe.templates}
    for module in code_of(recipe.modules).modules:
        source = REPOSITORY.joinpath(*module.split(".")).with_suffix(".py")
        text = source.read_text(encoding="utf-8")
        held |= {path for path in source.parent.iterdir() if path.is_file() and f'"{path.name}"' in text}
    if isinstance(dataset.settings, PromptFileSettings):
        held.add(dataset.settings.file)
    if isinstance(dataset.settings, ItemSettings):
        held |= {file.path for file in dataset.settings.files}
    return held
