"""A recipe: all that decides an asset's content, known before anything runs."""

import ast
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from datasets_registry.hashing import digest, file_digest
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation
from quality.check import Check
from quality.checks import checks_of


@dataclass(frozen=True)
class Recipe:
    """An asset's name, its inputs' names, settings, prompt texts and the code that it runs."""

    name: str
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[Path, ...] = ()
    code: tuple[ModuleType, ...] = ()
    # whose checks hold of it, where that is not the name
    rows_of: str | None = None

    @property
    def checks(self) -> list[Check]:
        """What must hold of the rows."""
        return checks_of(self.rows_of or self.name)

    @cached_property
    def code_version(self) -> str:
        """Changes with settings, prompt texts, checks and code, not with comments or docstrings.

        Taken once, when the graph is built, so that an edit made during a run counts for the next.
        """
        texts = sorted([path.name, file_digest(path)] for path in self.texts)
        code = sorted([module.__name__, _code_digest(module)] for module in self.code)
        checks = [_recorded(one) for one in self.checks]
        return digest([dict(self.settings), texts, code, checks])[:16]

    def derivation(self, registry: Registry, run_id: str | None = None) -> Derivation:
        """This recipe over the newest inputs, all of which must have passed their checks."""
        return Derivation(
            code_version=self.code_version, settings=self.settings,
            inputs=tuple(registry.passed(one) for one in self.inputs), run_id=run_id,
        )  # fmt: skip


def _recorded(check: Check) -> dict[str, Any]:
    told: object = check.measure
    if callable(check.measure):
        told = [_code_digest(sys.modules[one]) for one in (check.measure.__module__, *check.code)]
    return asdict(check) | {"measure": told}


def _code_digest(module: ModuleType) -> str:
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return digest(ast.unparse(tree))
