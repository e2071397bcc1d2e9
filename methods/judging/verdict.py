"""Verdicts: what one judge call says of its first response, or why it says nothing."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.words import Way
from generation.request import Completion
from methods.judging.comparison import CHOICES, FORM, Answer, ComparisonSettings
from methods.judging.questions import tally


class Verdict(BaseModel):
    """A parsed judge call.

    ``p_first`` is normalised over the two choices; of a verdict in words it is the share of its replies,
    which is 0 or 1 for a single one, with the 95 % interval from ``p_low`` to ``p_high``.
    """

    model_config = ConfigDict(frozen=True)

    asked: Way
    p_first: float | None = None
    outside_probability: float | None = None
    num_first: int | None = None
    num_second: int | None = None
    p_low: float | None = None
    p_high: float | None = None
    verdict: Literal["first", "second", "even"] | None = None
    failure: str | None = None
    raw: str | None = None
    reasoning: str | None = None


def read_verdict(answer: Answer, settings: ComparisonSettings) -> Verdict:
    """Parse a judge call; a verdict is never guessed, and a failure says why there is none."""
    reasoning = answer.reasoning
    if reasoning and (reasoning.error is not None or not reasoning.text.strip()):
        return Verdict(asked=settings.way, failure=f"no reasoning: {reasoning.error or 'empty'}")
    if settings.verdicts == "probabilities":
        verdict = _from_probabilities(answer.completion, settings)
    else:
        verdict = _from_words((answer.completion, *answer.samples), settings)
    return verdict.model_copy(update={"reasoning": reasoning.text}) if reasoning else verdict


def _from_words(completions: Sequence[Completion], settings: ComparisonSettings) -> Verdict:
    """The replies that choose, counted; none where too many choose nothing."""
    replies = tally(completions, FORM, settings)
    num_first = replies.options.count("A")
    counted = Verdict(
        asked=settings.way,
        outside_probability=replies.outside,
        num_first=num_first,
        num_second=len(replies.options) - num_first,
        raw=replies.shown.raw,
        reasoning=replies.shown.reasoning,
        failure=replies.failure,
    )
    if replies.failure:
        return counted
    p_first = replies.share("A")
    low, high = wilson_interval(num_first, len(replies.options))
    figures = {"p_first": p_first, "p_low": low, "p_high": high, "verdict": _likelier(p_first)}
    return counted.model_copy(update=figures)


def _from_probabilities(completion: Completion, settings: ComparisonSettings) -> Verdict:
    if completion.error is not None:
        return Verdict(asked=settings.way, failure=f"error: {completion.error}")
    probabilities = completion.choice_probabilities
    if probabilities is None or len(probabilities) != len(CHOICES) or sum(probabilities) <= 0:
        return Verdict(asked=settings.way, failure="no choice probabilities")
    outside = completion.outside_probability or 0.0
    p_first = probabilities[0] / sum(probabilities)
    measured = Verdict(asked=settings.way, p_first=p_first, outside_probability=outside)
    if outside > settings.max_outside_probability:
        failure = f"{outside:.0%} of the probability lies outside the choices"
        return measured.model_copy(update={"failure": failure})
    return measured.model_copy(update={"verdict": _likelier(p_first)})


def _likelier(p_first: float) -> Literal["first", "second", "even"]:
    if p_first == 0.5:
        return "even"
    return "first" if p_first > 0.5 else "second"
