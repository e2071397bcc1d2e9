"""A recipe: all that decides an asset's content, known before anything runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg

from assets.building.code import code_digests, source_of
from datasets_registry.hashing import digest, file_digest
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation
from quality.checks.check import Check
from quality.checks.table import checks_of


@dataclass(frozen=True)
class Recipe:
    """An asset's name, its inputs' names, settings, prompt texts and the modules that it calls.

    What these import counts as the asset's code too.
    """

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

    @property
    def code_version(self) -> str:
        """Changes with settings, prompt texts, checks and code, not with comments or docstrings."""
        texts, code, checks = self._read
        return digest([dict(self.settings), texts, code, checks])[:16]

    @property
    def parts(self) -> dict[str, str]:
        """The digests of its prompt texts, its modules and its checks, by name."""
        texts, code, checks = self._read
        told = {f"check {one['name']}": digest(one) for one in checks}
        return {name: it[:16] for name, it in (dict(texts) | dict(code) | told).items()}

    @cached_property
    def _read(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[dict[str, Any]]]:
        """Texts, code and checks, once for a graph: an edit made during a run counts for the next."""
        texts = sorted((path.name, file_digest(path)) for path in self.texts)
        return texts, code_digests(self.code), [_recorded(one) for one in self.checks]

    def derivation(self, registry: Registry, run_id: str | None = None) -> Derivation:
        """This recipe over the newest inputs, all of which must have passed their checks."""
        return Derivation(
            code_version=self.code_version,
            settings=self.settings,
            inputs=tuple(registry.passed(one) for one in self.inputs),
            run_id=run_id,
            parts=self.parts,
        )


Built = tuple[Recipe, dg.AssetsDefinition]


def _recorded(check: Check) -> dict[str, Any]:
    told: object = check.measure
    if callable(check.measure):
        sources = (source_of(one) for one in (check.measure.__module__, *check.code))
        told = [one.digest for one in sources if one]
    return asdict(check) | {"measure": told}
