"""Samples as people read them: what is wrong in each, and how its problem fared."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from methods.reading.equations import wrong_equations
from studio.queries.beside import beside


@dataclass(frozen=True)
class Fared:
    """The samples of a problem: how many there are, were accepted, and on how many distinct paths."""

    samples: int
    accepted: int
    paths: int


@dataclass(frozen=True)
class SampleShown:
    """A sample; ``wrong`` are its equations that do not hold, and ``fared`` is of its problem."""

    row: ResultRow
    wrong: Sequence[str]
    fared: Fared


def shown(registry: Registry, version: Version, rows: Sequence[ResultRow]) -> list[SampleShown]:
    """The rows with all other samples of their problems counted."""
    problems = list({row["problem_id"]: None for row in rows})
    samples = beside(registry, version, "problem_id", problems)
    fared = {problem: _fared(samples[problem]) for problem in problems}
    return [SampleShown(row, wrong_equations(row["completion"]), fared[row["problem_id"]]) for row in rows]


def _fared(samples: Sequence[ResultRow]) -> Fared:
    accepted = [sample for sample in samples if sample["accepted"]]
    return Fared(len(samples), len(accepted), len({sample["path"] for sample in accepted}))
