"""Rows that a test of the studio commits as a passed version."""

from collections.abc import Sequence

from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version


def committed(registry: Registry, rows: Sequence[Row], *inputs: Version, name: str | None = None) -> Version:
    """A passed version of rows of one type, without checks; their type names it where there is no name."""
    derivation = Derivation(code_version="1", settings={}, inputs=inputs)
    return registry.record_checks(registry.commit(type(rows[0]), list(rows), derivation, name), [])
