"""A suite asked of a planted model: answers, grades and figures, without a graph."""

from collections.abc import Sequence
from dataclasses import replace

from datasets_registry.rows.evaluation import EvaluationItem
from generation.scripted import Script, completing
from methods.evaluation.measures import drawn_clusters
from methods.evaluation.suite import Answered, AskingSettings, Grading, GradingSettings, Judge, Policy, Suite

Figures = dict[tuple[str, str], float | None]


def answers(
    suite: Suite,
    items: Sequence[EvaluationItem],
    script: Script,
    *,
    settings: AskingSettings | None = None,
    thinks: bool = False,
    hosted: bool = False,
    judge: Script | None = None,
) -> list[Answered]:
    """Each item with the planted model's graded answers."""
    policy = Policy("planted", completing(script), "f", settings or AskingSettings(), thinks, hosted)
    judging = None if judge is None else Judge("judge", completing(judge), "j")
    by_place = {(item.item_id, item.variant): item for item in items}
    given = [
        Answered(by_place[answer.item_id, answer.variant], answer) for answer in suite.ask(policy, items)
    ]
    grades = suite.grade(given, Grading(GradingSettings(), judging))
    return [
        replace(each, answer=each.answer.model_copy(update={"grades": list(own)}))
        for each, own in zip(given, grades, strict=True)
    ]


def values(suite: Suite, answered: Sequence[Answered]) -> Figures:
    """The value of each figure by category and metric; None where there is none."""
    whole = [each for each in answered if each.answer.failure is None]
    figures: Figures = {}
    for measure in suite.figures(whole):
        value = float(measure.statistic(drawn_clusters(measure.clusters, 0))[0]) if measure.clusters else None
        figures[measure.category, measure.metric] = None if value is None or value != value else value
    return figures
