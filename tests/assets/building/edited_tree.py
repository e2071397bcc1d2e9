"""A copy of the source, edited file by file, and which recipes each edit changes."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from assets.building import code as code_module
from assets.building.code import FOLDERS, code_of
from assets.building.recipe import Recipe
from datasets_registry.state import REPOSITORY

Edit = Callable[[str], str]


@dataclass(frozen=True)
class EditedTree:
    """A copy of the source in ``folder``, and the recipes whose code lies in it, by name."""

    folder: Path
    recipes: Mapping[str, Recipe]

    def path(self, module: str) -> Path:
        """The file of a module."""
        return self.folder.joinpath(*module.split(".")).with_suffix(".py")

    @property
    def modules(self) -> list[str]:
        """Every module with code."""
        paths = (path.relative_to(self.folder) for path in self.folder.rglob("*.py"))
        return sorted(".".join(path.with_suffix("").parts) for path in paths if path.stem != "__init__")

    def versions(self) -> dict[str, str]:
        """The code version of each recipe as the files are now."""
        with pytest.MonkeyPatch.context() as patch:
            # most recipes share most modules, and no file changes meanwhile
            patch.setattr(code_module, "source_of", cache(code_module.source_of))
            return self._versions()

    def _versions(self) -> dict[str, str]:
        # a recipe looks at its code once
        versions: dict[tuple[object, ...], str] = {}
        found = {}
        for name, recipe in self.recipes.items():
            code = (recipe.modules, recipe.rows)
            if code not in versions:
                alone = Recipe("", modules=recipe.modules, rows=recipe.rows)
                versions[code] = alone.code_version
            found[name] = versions[code]
        return found

    def modules_of(self, name: str) -> set[str]:
        """All modules behind a recipe and its checks."""
        recipe = self.recipes[name]
        measures = (check.measure for check in recipe.checks)
        checking = (measure.__module__ for measure in measures if callable(measure))
        return set(code_of([*recipe.modules, *checking]).modules)

    @contextmanager
    def edited(self, edits: Mapping[Path, Edit]) -> Iterator[None]:
        """The tree with these files edited, and as it was afterwards."""
        before = {path: path.read_text(encoding="utf-8") for path in edits}
        times = {path: path.stat().st_mtime_ns for path in edits}
        try:
            for path, edit in edits.items():
                after = edit(before[path])
                assert after != before[path], f"{path} has nothing to edit"
                path.write_text(after, encoding="utf-8")
            yield
        finally:
            for path, text in before.items():
                path.write_text(text, encoding="utf-8")
                # the same file again, for whoever knows it by its time
                os.utime(path, ns=(times[path], times[path]))

    def moved(self, old: str, new: str) -> "EditedTree":
        """The tree after a module or folder has another name, which all that import it say."""
        source, target = (self.folder.joinpath(*name.split(".")) for name in (old, new))
        if not source.is_dir():
            source, target = source.with_suffix(".py"), target.with_suffix(".py")
        target.parent.mkdir(exist_ok=True)
        shutil.move(source, target)
        for path in self.folder.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if old in text:
                path.write_text(text.replace(old, new), encoding="utf-8")
        recipes = {
            name: replace(recipe, modules=tuple(module.replace(old, new) for module in recipe.modules))
            for name, recipe in self.recipes.items()
        }
        return EditedTree(self.folder, recipes)


def copied_tree(folder: Path, recipes: Mapping[str, Recipe]) -> EditedTree:
    """A copy of the source in ``folder``."""
    for name in FOLDERS:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return EditedTree(folder, recipes)
