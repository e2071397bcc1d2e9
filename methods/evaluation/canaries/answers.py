"""The canaries' answers to some items of the judged suites, graded by the judge as those of models are."""

from collections.abc import Sequence

from datasets_registry.rows.evaluation import AnswerTurn, EvaluationItem, SuiteAnswer
from datasets_registry.settings import Seed
from methods.evaluation.answers import (
    GradedSettings,
    baseline_of,
    graded_by,
    items_by_suite,
    judged_templates,
)
from methods.evaluation.canaries.texts import CANARIES, PREFIX
from methods.evaluation.conversations import conversation, unanswered
from methods.evaluation.spread import evenly
from methods.evaluation.suite import Grading
from methods.evaluation.suites.named import SUITES
from methods.method import Inputs, Method, Models


class CanarySettings(GradedSettings):
    """The same, and how many items of each judged suite canaries answer at most, evenly of its categories."""

    num_items: int
    seed: Seed = 0


def make_canaries(inputs: Inputs, models: Models, settings: CanarySettings) -> list[SuiteAnswer]:
    """Answers that give nothing, graded by the judge as those of models are."""
    judged = [name for name in settings.suites if SUITES[name].judged]
    items = items_by_suite(inputs.stream(EvaluationItem), judged)
    chosen = {suite: _part(asked, settings) for suite, asked in items.items()}
    answers = [answer for asked in chosen.values() for answer in canary_answers(asked)]
    grading = Grading(settings.grading, None, baseline_of(inputs))
    return list(graded_by(chosen, answers, grading, models.every("judge")))


def _part(items: Sequence[EvaluationItem], settings: CanarySettings) -> list[EvaluationItem]:
    categories = {item.item_id: item.category for item in items}
    chosen = set(evenly(categories, settings.num_items, settings.seed))
    return [item for item in items if item.item_id in chosen]


def canary_answers(items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """Each canary's answer to every turn of every item, made without a call; an empty one is no failure."""
    return [
        _answer(f"{PREFIX}{name}", text, item)
        for name, text in CANARIES.items()
        for item in items
        if item.failure is None
    ]


def _answer(model: str, text: str, item: EvaluationItem) -> SuiteAnswer:
    answer = unanswered(model, item)
    for _ in range(1 + len(item.follow_ups)):
        turn = AnswerTurn(
            prompt=conversation(item, answer)[-1].content,
            completion=text,
            finish_reason="stop",
            num_tokens=len(text.split()),
            completion_key="",
        )
        answer = answer.model_copy(update={"turns": [*answer.turns, turn]})
    return answer


CANARY_ANSWERS = Method(
    run=make_canaries,
    settings=CanarySettings,
    rows=SuiteAnswer,
    prompts=judged_templates,
    generates=True,
)
