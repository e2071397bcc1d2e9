"""Figures of which every answer failed: they stand without a value, and with the reason."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from datasets_registry.rows.evaluation import AnswerTurn
from methods.evaluation.canaries.texts import is_canary
from methods.evaluation.measures import ALL, Measure
from methods.evaluation.suite import Answered, Suite
from quality.evaluation.answered import changed

# of each model, the figures of each suite
Measured = Mapping[str, Mapping[str, Sequence[Measure]]]


def unanswered(suite: Suite, model: str, answers: Sequence[Answered], measured: Measured) -> list[Measure]:
    """The figures that ``model`` would have of what it failed to answer, each once and without a value.

    Which they are is known from the items, and from other models that were asked them.
    """
    have = {(measure.category, measure.metric) for measure in measured[model][suite.name]}
    empty = {category for category in _categories(answers) if _all_failed(category, answers)}
    lacking: dict[tuple[str, str], Measure] = {}
    for measure in _expected(suite, model, answers, measured) if empty else ():
        place = measure.category, measure.metric
        if place not in have and (ALL in empty or measure.category in empty):
            lacking.setdefault(place, _without_value(measure))
    return list(lacking.values())


def why_unanswered(category: str, answers: Sequence[Answered]) -> str | None:
    """That all answers of the category failed, and by what most often; None where one did not."""
    if not _all_failed(category, answers):
        return None
    failures = [each.answer.failure for each in _within(category, answers)]
    if len(failures) == 1:
        return f"the only answer failed ({failures[0]})"
    ((reason, number),) = Counter(failures).most_common(1)
    most = "" if number == len(failures) else f"{number} of them: "
    return f"all {len(failures):,} answers failed ({most}{reason})"


def _categories(answers: Iterable[Answered]) -> set[str]:
    return {ALL, *(each.answer.category for each in answers)}


def _within(category: str, answers: Iterable[Answered]) -> list[Answered]:
    return [each for each in answers if category in (ALL, each.answer.category)]


def _all_failed(category: str, answers: Sequence[Answered]) -> bool:
    within = _within(category, answers)
    return bool(within) and all(each.answer.failure is not None for each in within)


def _expected(suite: Suite, model: str, answers: Sequence[Answered], measured: Measured) -> Iterator[Measure]:
    """The figures of answers that say nothing, and those of other models."""
    yield from suite.figures([_silent(each) for each in answers])
    for other, of_suites in measured.items():
        if other != model and not is_canary(other):
            yield from of_suites.get(suite.name, ())


def _silent(each: Answered) -> Answered:
    """The same item, to each turn of which an empty answer without a grade was given."""
    turn = AnswerTurn(prompt="", completion="", finish_reason="stop", num_tokens=0, completion_key="")
    turns = [turn] * (1 + len(each.item.follow_ups))
    return changed(each, {"turns": turns, "grades": [], "likelihoods": [], "failure": None})


def _without_value(measure: Measure) -> Measure:
    return replace(measure.unmeasured(""), clusters=(), num_items=0, num_missing=0, note=None)
