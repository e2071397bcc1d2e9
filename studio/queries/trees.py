"""Amplified answers as people read them: a question with the tree of its parts, each with its votes."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from studio.queries.beside import beside


@dataclass(frozen=True)
class Branch:
    """A question, and below it those that it was split into."""

    row: ResultRow
    parts: "Sequence[Branch]"


@dataclass(frozen=True)
class TreeShown:
    """A row with all that it was split into."""

    row: ResultRow
    tree: Branch


def shown(registry: Registry, version: Version, rows: Sequence[ResultRow]) -> list[TreeShown]:
    """The rows with the questions below them."""
    trees = beside(registry, version, "problem_id", list({row["problem_id"] for row in rows}))
    return [TreeShown(row, _branch(row, trees.get(row["problem_id"], ()))) for row in rows]


def _branch(row: ResultRow, tree: Sequence[ResultRow]) -> Branch:
    # a row of the next level alone: whatever a file says, no branch comes back to itself
    below = [
        part for part in tree if part["parent_id"] == row["node_id"] and part["depth"] == row["depth"] + 1
    ]
    return Branch(row, [_branch(part, tree) for part in sorted(below, key=lambda part: part["place"])])
