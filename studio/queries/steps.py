"""Step labels as people read them: each step with its counts, interval and label, and its rollouts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.rows.prm import StepRollout
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from studio.queries.beside import beside, input_of


@dataclass(frozen=True)
class Step:
    """A step of a solution; ``how`` says whether its label was measured or follows from measured ones."""

    number: int
    text: str
    label: bool | None
    how: str
    share: float | None
    low: float | None
    high: float | None
    num_accepted: int
    num_rollouts: int
    stop: str | None
    rollouts: Sequence[ResultRow]


@dataclass(frozen=True)
class SolutionShown:
    """A solution in its steps; ``source`` has its rollouts, None where there is no such input."""

    row: ResultRow
    steps: Sequence[Step]
    source: Version | None
    source_key: Sequence[str] = StepRollout.key


def shown(registry: Registry, version: Version, rows: Sequence[ResultRow]) -> list[SolutionShown]:
    """The rows with the rollouts from each of their steps."""
    ids = [row["solution_id"] for row in rows]
    source = input_of(registry, version, StepRollout)
    rollouts = beside(registry, source, "solution_id", ids)
    return [
        SolutionShown(row, list(_steps(row, rollouts.get(row["solution_id"], ()))), source) for row in rows
    ]


def _steps(row: ResultRow, rollouts: Sequence[ResultRow]) -> Iterator[Step]:
    for place, text in enumerate(row["completions"]):
        # a solution that has no label may have no lists either
        held = {name: _at(row[name], place) for name in _LISTS}
        measured = held["labels"] is not None
        label = held["labels"] if measured else held["implied"]
        yield Step(
            place + 1,
            text,
            label,
            "measured" if measured else "implied" if label is not None else "unknown",
            held["soft"],
            held["low"],
            held["high"],
            held["num_accepted"] or 0,
            held["num_rollouts"] or 0,
            held["stops"],
            [rollout for rollout in rollouts if rollout["step"] == place + 1],
        )


_LISTS = ("labels", "implied", "soft", "low", "high", "num_accepted", "num_rollouts", "stops")


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
