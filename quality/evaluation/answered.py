"""Answers beside their items, by model and suite; and what two models both answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.suite import Answered

# of each model, of each suite
ByModel = Mapping[str, Mapping[str, Sequence[Answered]]]
UNPAIRED = "the other model has no such grade here"


def answered(items: Iterable[EvaluationItem], answers: Iterable[SuiteAnswer]) -> ByModel:
    """The answers of each model to each suite, failed ones too; raises BadInput for one without its item."""
    by_id = {(item.suite, item.item_id, item.variant): item for item in items}
    models: dict[str, dict[str, list[Answered]]] = {}
    for answer in answers:
        item = by_id.get((answer.suite, answer.item_id, answer.variant))
        if item is None:
            raise BadInput(
                f"{answer.model} answered item {answer.item_id} of {answer.suite}, which is not among the "
                "items: build its answers again from these items"
            )
        models.setdefault(answer.model, {}).setdefault(answer.suite, []).append(Answered(item, answer))
    return {model: dict(sorted(suites.items())) for model, suites in sorted(models.items())}


def whole(asked: Iterable[Answered]) -> list[Answered]:
    """Those that have no failure."""
    return [each for each in asked if each.answer.failure is None]


def pairs(
    ours: Iterable[Answered], theirs: Iterable[Answered]
) -> tuple[Sequence[Answered], Sequence[Answered]]:
    """What both models answered, in one order; a grade that one of them lacks is taken from both."""
    other = {each.place: each for each in whole(theirs)}
    both = [(each, other[each.place]) for each in whole(ours) if each.place in other]
    return [_without(our, their) for our, their in both], [_without(their, our) for our, their in both]


def _without(each: Answered, other: Answered) -> Answered:
    failed = {grade.name for grade in other.answer.grades if grade.failure}
    if not failed:
        return each
    return changed(each, {"grades": [_unpaired(grade, failed) for grade in each.answer.grades]})


def _unpaired(grade: Grade, failed: set[str]) -> Grade:
    if grade.failure or grade.name not in failed:
        return grade
    return grade.model_copy(update={"value": None, "word": None, "failure": UNPAIRED})


def changed(
    each: Answered, answer: Mapping[str, object], item: Mapping[str, object] | None = None
) -> Answered:
    """The same with other values in some columns of the answer, and of the item."""
    renamed = each.item.model_copy(update=dict(item)) if item else each.item
    return Answered(renamed, each.answer.model_copy(update=dict(answer)))


def grouped(asked: Iterable[Answered], key: Callable[[Answered], str]) -> dict[str, list[Answered]]:
    """The answers by ``key``, in the order in which its values come."""
    groups: dict[str, list[Answered]] = {}
    for each in asked:
        groups.setdefault(key(each), []).append(each)
    return groups
