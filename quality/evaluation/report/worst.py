"""The answers that a suite's first grade likes least."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer, SuiteFigure

MOST = 5
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Worst:
    """An answer with its item and the grade that it is shown for."""

    item: EvaluationItem | None
    answer: SuiteAnswer
    grade: Grade


def place(row: EvaluationItem | SuiteAnswer) -> Place:
    """What an answer and its item are matched by."""
    return row.suite, row.item_id, row.variant


def by_place(items: Sequence[EvaluationItem]) -> dict[Place, EvaluationItem]:
    """The items by suite, identifier and variant."""
    return {place(item): item for item in items}


def worst(
    answers: Sequence[SuiteAnswer], figures: Sequence[SuiteFigure], items: Mapping[Place, EvaluationItem]
) -> list[Worst]:
    """At most five answers of one suite, one of each item; none where all have the best grade."""
    graded = [(answer, grade) for answer in answers for grade in _first(answer)]
    if not graded:
        return []
    sign = -1.0 if lower_is_better(graded[0][1].name, figures) else 1.0
    values = {id(grade): sign * (grade.value or 0.0) for _, grade in graded}
    best = max(values.values())
    ordered = sorted(graded, key=lambda pair: (values[id(pair[1])], pair[0].item_id, pair[0].variant))
    of_items = {answer.item_id: (answer, grade) for answer, grade in reversed(ordered)}
    chosen = [(answer, grade) for answer, grade in ordered if of_items[answer.item_id] == (answer, grade)]
    return [
        Worst(items.get(place(answer)), answer, grade)
        for answer, grade in chosen[:MOST]
        if values[id(grade)] < best
    ]


def lower_is_better(grade: str, figures: Sequence[SuiteFigure]) -> bool:
    """Whether the figure that is named for the grade is better where it is lower."""
    named = [row for row in figures if grade in row.metric or row.metric in grade]
    return any(row.better == "lower" for row in sorted(named, key=lambda row: row.metric != grade)[:1])


def _first(answer: SuiteAnswer) -> Iterator[Grade]:
    """The first grade that is a number, which is the suite's main one."""
    yield from [grade for grade in answer.grades if grade.value is not None][:1]
