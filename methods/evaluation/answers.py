"""A model's answers to the items of all chosen suites, graded by programs and a judge."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext

from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.settings import Settings
from methods.evaluation.suite import (
    Answered,
    AskingSettings,
    Grading,
    GradingSettings,
    ItemId,
    Judge,
    Policy,
    Suite,
    place_of,
)
from methods.evaluation.suites.named import SUITES
from methods.evaluation.suites.names import SuiteName
from methods.judging.answers import answers_of
from methods.judging.conversation import opening_templates
from methods.method import Inputs, Method, Model, Models

BASELINE = "baseline"


class GradedSettings(Settings):
    """Which suites there are, and how their answers are graded."""

    suites: tuple[SuiteName, ...]
    grading: GradingSettings = GradingSettings()


class AnswersSettings(GradedSettings):
    """The same, and how the model is asked."""

    asking: AskingSettings = AskingSettings()
    thinks: bool = False
    hosted: bool = False


def make_answers(inputs: Inputs, models: Models, settings: AnswersSettings) -> list[SuiteAnswer]:
    """All answers of the model first, so that it and the judge are loaded once each; then their grades."""
    items = items_by_suite(inputs.stream(EvaluationItem), settings.suites)
    answers = _answers(models["model"], items, settings)
    grading = Grading(settings.grading, None, baseline_of(inputs), models.every("rewards"))
    return list(graded_by(items, answers, grading, models.every("judge")))


def baseline_of(inputs: Inputs) -> dict[ItemId, SuiteAnswer]:
    """The baseline's answers by their place; none of the baseline's own."""
    rows = inputs.stream(SuiteAnswer, BASELINE)
    return {place_of(row): row for row in rows}


def items_by_suite(
    items: Iterable[EvaluationItem], suites: Sequence[str]
) -> dict[Suite, list[EvaluationItem]]:
    """The items that can be asked, by their suite."""
    by_suite: dict[Suite, list[EvaluationItem]] = {SUITES[name]: [] for name in suites}
    for item in items:
        if item.failure is None and item.suite in suites:
            by_suite[SUITES[item.suite]].append(item)
    return {suite: asked for suite, asked in by_suite.items() if asked}


def _answers(
    model: Model, items: Mapping[Suite, Sequence[EvaluationItem]], settings: AnswersSettings
) -> list[SuiteAnswer]:
    with model.completer() as complete:
        policy = Policy(
            name=model.name,
            complete=answers_of(complete, model.thought_marks),
            fingerprint=complete.backend.fingerprint,
            settings=settings.asking,
            thinks=settings.thinks,
            hosted=settings.hosted,
        )
        return [answer for suite, asked in items.items() for answer in suite.ask(policy, asked)]


def graded_by(
    items: Mapping[Suite, Sequence[EvaluationItem]],
    answers: Sequence[SuiteAnswer],
    grading: Grading,
    judges: Sequence[Model],
) -> Iterator[SuiteAnswer]:
    """The answers with their grades; the judge is opened where there is one."""
    with judges[0].completer() if judges else nullcontext() as complete:
        if complete is not None:
            judge = Judge(
                judges[0].name,
                answers_of(complete, judges[0].thought_marks),
                complete.backend.fingerprint,
            )
            grading = Grading(grading.settings, judge, grading.baseline, grading.rewards)
        for suite, asked in items.items():
            yield from _graded(suite, asked, [row for row in answers if row.suite == suite.name], grading)


def _graded(
    suite: Suite, items: Sequence[EvaluationItem], answers: Sequence[SuiteAnswer], grading: Grading
) -> Iterator[SuiteAnswer]:
    """An answer that failed has no grades; several models, as canaries are, answer the same items."""
    by_id = {(item.item_id, item.variant): item for item in items}
    answered = [Answered(by_id[row.item_id, row.variant], row) for row in answers if row.failure is None]
    grades = {
        (each.answer.model, each.place): given
        for each, given in zip(answered, suite.grade(answered, grading), strict=True)
    }
    for row in answers:
        given = grades.get((row.model, place_of(row)), ())
        yield row.model_copy(update={"grades": list(given)}) if given else row


def judged_templates(settings: GradedSettings) -> tuple[str, ...]:
    """The names of the prompt templates that grades use."""
    judged = [name for suite in settings.suites for name in SUITES[suite].templates(settings.grading)]
    return tuple(dict.fromkeys(judged))


def _templates(settings: AnswersSettings) -> tuple[str, ...]:
    return (*judged_templates(settings), *opening_templates(settings.asking.system_prompt))


EVALUATION_ANSWERS = Method(
    run=make_answers,
    settings=AnswersSettings,
    rows=SuiteAnswer,
    prompts=_templates,
    generates=True,
)
