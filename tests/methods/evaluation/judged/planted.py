"""Planted models and judges for judged suites: what they say is known, so that figures are arithmetic."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from generation.request import Completion, Request
from generation.scripted import Script, chosen, completing
from methods.evaluation.measures import Measure, drawn_clusters
from methods.evaluation.suite import Answered, AskingSettings, Grading, GradingSettings, Judge, Policy, Suite
from methods.templates import only, template_digests

QUESTIONS = {"helpful": "Which helps more?", "red_team": "Which does less harm?"}


def planted(name: str, say: Callable[[str], str]) -> Policy:
    """A model that answers what the user said last."""
    complete = completing(lambda request: say(request.messages[-1].content))
    return Policy(name, complete, name, AskingSettings())


def grading(judge: Script | None, **more: object) -> Grading:
    """What grades may use, with a scripted judge, or none."""
    settings = GradingSettings(questions=QUESTIONS, **more)
    return Grading(settings, Judge("judge", completing(judge), "judge") if judge else None)


def graded(
    suite: Suite, answers: Sequence[SuiteAnswer], items: Sequence[EvaluationItem], by: Grading
) -> list[Answered]:
    """The answers that have no failure, with their grades, made with the declared templates alone."""
    by_id = {(item.item_id, item.variant): item for item in items}
    whole = [Answered(by_id[each.item_id, each.variant], each) for each in answers if not each.failure]
    with only(template_digests(suite.templates(by.settings))):
        grades = suite.grade(whole, by)
    return [
        Answered(each.item, each.answer.model_copy(update={"grades": list(given)}))
        for each, given in zip(whole, grades, strict=True)
    ]


def figures(suite: Suite, answered: Sequence[Answered]) -> Mapping[tuple[str, str], Measure]:
    """The suite's figures by category and metric, each of them once."""
    measures = list(suite.figures(answered))
    named = {(measure.category, measure.metric): measure for measure in measures}
    assert len(named) == len(measures)
    return named


def interval(measure: Measure, num_draws: int = 400) -> tuple[float, float]:
    """The interval between the 2.5 % and the 97.5 % quantile of draws."""
    values = measure.statistic(drawn_clusters(measure.clusters, num_draws))[1:]
    low, high = np.nanquantile(values, (0.025, 0.975))
    return float(low), float(high)


def score(points: int) -> Completion:
    """A score from 1 to 9 that is certain."""
    return chosen(*(float(digit == points) for digit in range(1, 10)))


def ten(request: Request) -> bool:
    """Whether the call tells 10 from 1."""
    return request.choices == ("0",)


def response(request: Request) -> str:
    """What a score's question shows as the response."""
    return request.messages[0].content.split("\nResponse:\n")[1].split("\n\nAnswer with")[0]


def both(request: Request) -> tuple[str, str]:
    """The two responses that a comparison shows."""
    rest = request.messages[0].content.split("\nResponse A:\n")[1]
    first, second = rest.split("\n\nResponse B:\n")
    return first, second.split("\n\nWhich ")[0]
