"""Imports of problems, which pass or not."""

from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.version import IMPORT, CheckResult, Derivation, Version
from tests.rows import make

RED = CheckResult(check="c", passed=False, severity="error", value=1, threshold=0, description="1 row is bad")


def unchecked(registry: Registry, *ids: str, name: str | None = None, **columns: Any) -> Version:
    """An import of the problems with these ids that ended before its checks."""
    how = Derivation(code_version=f"{IMPORT}test:1", settings={"rows": ids}, inputs=())
    return registry.commit(Problem, [make(Problem, problem_id, **columns) for problem_id in ids], how, name)


def bring(
    registry: Registry, *ids: str, red: bool = False, name: str | None = None, **columns: Any
) -> Version:
    """Import the problems with these ids, which pass or not."""
    return registry.record_checks(unchecked(registry, *ids, name=name, **columns), [RED] if red else [])
