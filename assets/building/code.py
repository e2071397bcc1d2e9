"""The code behind a recipe: the modules that it names, and all that these import of our methods."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from datasets_registry.hashing import digest
from datasets_registry.state import REPOSITORY

FOLLOWED = ("methods", "training", "quality")


class Source(NamedTuple):
    """One module's code without comments and docstrings, and the names of what it may import."""

    digest: str
    imports: frozenset[str]


def code_digests(modules: Iterable[ModuleType]) -> list[tuple[str, str]]:
    """Name and digest of each module and of each that it leads to, sorted by name."""
    waiting, found = {one.__name__ for one in modules}, dict[str, str]()
    while waiting:
        name = waiting.pop()
        source = source_of(name)
        if source is not None:
            found[name] = source.digest
            waiting |= source.imports - found.keys()
    return sorted(found.items())


def source_of(name: str) -> Source | None:
    """The source of module ``name``; None for a name that is no module, such as a function's."""
    path = REPOSITORY.joinpath(*name.split(".")).with_suffix(".py")
    if not path.is_file():
        return None
    status = path.stat()
    return _parsed(path, status.st_mtime_ns, status.st_size)


@cache
def _parsed(path: Path, changed: int, size: int) -> Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = frozenset(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return Source(digest(ast.unparse(tree)), imports)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Every dotted name that an import statement may mean by a module of the folders that are followed."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        yield from (one for one in names if one.partition(".")[0] in FOLLOWED and "." in one)
