"""Planted models: scripts whose behaviour is known, asked and graded as a suite asks and grades."""

import math
import re
from collections.abc import Callable, Iterable, Sequence

from datasets_registry.rows.evaluation import EvaluationItem
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend
from methods.evaluation.measures import ALL, Measure
from methods.evaluation.suite import Answered, AskingSettings, Grading, GradingSettings, Policy, Suite

Script = Callable[[Request], str | Completion]
_OPTION = re.compile(r"^\(([A-Z])\) (.*)$", re.MULTILINE)


def answered_by(
    suite: Suite, script: Script, items: Sequence[EvaluationItem] | None = None
) -> list[Answered]:
    """The planted model's answers to the suite's items, or these, with their grades."""
    asked = suite.items() if items is None else items
    # as the demo's profile asks, whose stop must not cut off answers of several lines
    settings = AskingSettings(answers=SamplingParams(max_tokens=512, stop=("\n",)))
    complete = ScriptedBackend(script).in_order
    answers = suite.ask(Policy("planted", complete, "planted", settings), asked)
    by_id = {(item.item_id, item.variant): item for item in asked}
    answered = [Answered(by_id[row.item_id, row.variant], row) for row in answers if row.failure is None]
    grades = suite.grade(answered, Grading(GradingSettings()))
    return [
        Answered(each.item, each.answer.model_copy(update={"grades": list(given)}))
        for each, given in zip(answered, grades, strict=True)
    ]


def measures_of(
    suite: Suite, script: Script, items: Sequence[EvaluationItem] | None = None
) -> dict[tuple[str, str], Measure]:
    """The planted model's figures by category and metric."""
    figures: Iterable[Measure] = suite.figures(answered_by(suite, script, items))
    return {(measure.category, measure.metric): measure for measure in figures}


def values_of(measures: dict[tuple[str, str], Measure], category: str = ALL) -> dict[str, float | None]:
    """The values of a category; None where there is none."""
    values = {metric: measure.value() for (of, metric), measure in measures.items() if of == category}
    return {metric: None if math.isnan(value) else round(value, 9) for metric, value in values.items()}


def options_of(text: str) -> dict[str, str]:
    """The letter of each option that a question shows."""
    return {option: letter for letter, option in _OPTION.findall(text)}


def first_user_turn(request: Request) -> str:
    """What is asked first."""
    return next(message.content for message in request.messages if message.role == "user")


def said_before(request: Request) -> list[str]:
    """The answers given so far."""
    return [message.content for message in request.messages if message.role == "assistant"]
