"""Revisions as people read them: draft and revision side by side, word for word."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from quality.evaluation.report.words import Sides, sides


@dataclass(frozen=True)
class RevisionShown:
    """A revision, with what it changed of the draft."""

    row: ResultRow
    texts: Sides


def shown(_: Registry, __: Version, rows: Sequence[ResultRow]) -> list[RevisionShown]:
    """The rows with their changes."""
    return [RevisionShown(row, sides(row["draft"], row["revision"] or "")) for row in rows]
