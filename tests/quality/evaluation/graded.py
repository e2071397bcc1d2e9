"""A small suite of given grades, and models that get them: what figures and differences are tested on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.items import said
from methods.evaluation.measures import Measure, combined, drawn, mean_of, share
from methods.evaluation.suite import PLAIN, Answered, Grading, Policy, Suite
from quality.evaluation.answered import ByModel, answered

NAME = "graded"


def items(count: int, per_cluster: int = 1, category: str = "plain") -> list[EvaluationItem]:
    return [
        EvaluationItem(
            suite=NAME,
            item_id=f"i{place:03}",
            variant=PLAIN,
            cluster=f"c{place // per_cluster:03}",
            category=category,
            messages=said(f"question {place}"),
            source="test",
            licence="Apache-2.0",
        )
        for place in range(count)
    ]


def answer(
    item: EvaluationItem, model: str, grades: Mapping[str, float | None], failure: str | None = None
) -> SuiteAnswer:
    given = [
        Grade(name=name, value=value, failure="unreadable" if value is None else None, keys=[])
        for name, value in grades.items()
    ]
    return SuiteAnswer(
        model=model,
        suite=item.suite,
        item_id=item.item_id,
        variant=item.variant,
        sample=0,
        cluster=item.cluster,
        category=item.category,
        turns=[],
        grades=[] if failure else given,
        failure=failure,
    )


def models(
    asked: Sequence[EvaluationItem], grades: Mapping[str, Iterable[Mapping[str, float | None]]]
) -> ByModel:
    """Each model with the grades of its answers, in the order of the items."""
    return answered(
        asked,
        [
            answer(item, model, values)
            for model, of_items in grades.items()
            for item, values in zip(asked, of_items, strict=True)
        ],
    )


def values_of(name: str, asked: Iterable[Answered]) -> tuple[list[tuple[str, float]], int]:
    """The values of a grade with their clusters, and how many are missing."""
    asked = list(asked)
    grades = [(each.answer.cluster, each.grade(name)) for each in asked]
    held = [(cluster, grade.value) for cluster, grade in grades if grade and grade.value is not None]
    return held, len(asked) - len(held)


def median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def figures(asked: Sequence[Answered]) -> Iterator[Measure]:
    """A share, a mean without limits, a ratio of two of them, and a figure that is computed draw by draw."""
    names = sorted({grade.name for each in asked for grade in each.answer.grades})
    for name in names:
        values, missing = values_of(name, asked)
        if name.startswith("share"):
            yield share(name, "higher", values, missing)
        elif name.startswith("median"):
            yield drawn(name, "higher", values, median, missing)
        else:
            yield mean_of(name, "neither", values, missing)
    if {"share_right", "share_known"} <= set(names):
        right, known = (values_of(name, asked)[0] for name in ("share_right", "share_known"))
        of_known = [(c, a * b) for (c, a), (_, b) in zip(right, known, strict=True)]
        parts = share("both", "higher", of_known), share("known", "higher", known)
        yield combined("right_of_known", "higher", parts, lambda both, known: both / known)


def _asks(policy: Policy, asked: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    return [answer(item, policy.name, {}) for item in asked]


def _grades(asked: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    return [each.answer.grades for each in asked]


GRADED = {NAME: Suite(NAME, "given grades", lambda: items(3), _asks, _grades, figures)}
