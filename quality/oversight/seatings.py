"""What the report reads of debates: each seating beside what is known of its question."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from methods.method import Inputs

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Asked:
    """A question's group, and of worked solutions the problem and who solved it."""

    group: str
    problem_id: str | None
    policy: str | None


@dataclass(frozen=True)
class Seating:
    """A judged question, its turns without their text."""

    row: Debate
    asked: Asked

    @property
    def judged(self) -> bool:
        """Whether it has a verdict."""
        return self.row.credit is not None


def read_seatings(inputs: Inputs) -> list[Seating]:
    """All seatings of all debates."""
    questions = {
        question.question_id: Asked(question.split_group, question.problem_id, question.policy)
        for question in inputs.stream(OversightQuestion)
    }
    return [Seating(_without_text(row), questions[row.question_id]) for row in inputs.stream(Debate)]


def _without_text(row: Debate) -> Debate:
    return row.model_copy(update={"turns": [turn.model_copy(update={"argument": ""}) for turn in row.turns]})


def grouped(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """The values by key, in the order in which the keys come."""
    groups: dict[K, list[V]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def by_question(seatings: Iterable[Seating]) -> Mapping[str, Sequence[Seating]]:
    """The seatings of each question."""
    return grouped(seatings, lambda seating: seating.row.question_id)


def credit_of(seatings: Sequence[Seating]) -> float | None:
    """The mean credit of a question's judged seatings; None without any."""
    return mean([seating.row.credit for seating in seatings if seating.row.credit is not None])


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None
