"""Planted models: a suite's own items asked of a script, graded, and its figures of everything drawn once."""

from collections.abc import Iterable, Sequence

from datasets_registry.hashing import digest
from datasets_registry.rows.evaluation import EvaluationItem
from generation.scripted import Script, completing
from methods.evaluation.measures import Measure
from methods.evaluation.suite import Answered, AskingSettings, Grading, GradingSettings, Policy, Suite

PLANTED = "planted"


def asked(
    suite: Suite,
    script: Script,
    items: Sequence[EvaluationItem],
    settings: AskingSettings | None = None,
    grading: Grading | None = None,
) -> list[Answered]:
    """The graded answers of the script, but for those that failed."""
    policy = Policy(PLANTED, completing(script), digest(PLANTED), settings or AskingSettings())
    by_id = {(item.item_id, item.variant): item for item in items}
    answered = [
        Answered(by_id[answer.item_id, answer.variant], answer)
        for answer in suite.ask(policy, items)
        if answer.failure is None
    ]
    grades = suite.grade(answered, grading or Grading(GradingSettings()))
    return [
        Answered(each.item, each.answer.model_copy(update={"grades": list(given)}))
        for each, given in zip(answered, grades, strict=True)
    ]


def value(measure: Measure) -> float:
    """The figure of everything drawn once."""
    return measure.value()


def values(measures: Iterable[Measure], category: str = "all") -> dict[str, float]:
    """The figures of a category by metric."""
    return {measure.metric: value(measure) for measure in measures if measure.category == category}
