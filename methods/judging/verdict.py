"""Verdicts: what one judge call says of its first response, or why it says nothing."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.words import Way
from generation.request import Completion
from methods.judging.comparison import CHOICES, FORM, Answer, ComparisonSettings
from methods.judging.own_turn import Reply, read_reply

_REPLY = re.compile(r"\s*(A|B)\s*[.:]?\s*(?:\n.*)?", re.DOTALL)


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
        verdict = _from_replies(
            [_reply(each, settings) for each in (answer.completion, *answer.samples)], settings
        )
    return verdict.model_copy(update={"reasoning": reasoning.text}) if reasoning else verdict


def _reply(completion: Completion, settings: ComparisonSettings) -> Reply:
    """The letter of a reply; in a turn that was begun it stands at once, perhaps with a full stop."""
    if settings.in_own_turn:
        return read_reply(completion, FORM, settings)
    if completion.error is not None:
        return Reply(None, f"error: {completion.error}", None)
    letter = _REPLY.fullmatch(completion.text)
    return Reply(
        letter[1] if letter else None, None if letter else "the reply is neither A nor B", completion.text
    )


def _from_replies(replies: Sequence[Reply], settings: ComparisonSettings) -> Verdict:
    """The replies that choose, counted; none where too many choose nothing."""
    read = [reply for reply in replies if reply.option]
    shown = next(iter(read), replies[0])
    num_first = sum(reply.option == "A" for reply in read)
    outside = 1 - len(read) / len(replies)
    counted = Verdict(
        asked=settings.way,
        outside_probability=outside,
        num_first=num_first,
        num_second=len(read) - num_first,
        raw=shown.raw,
        reasoning=shown.reasoning,
    )
    if not read or outside > settings.max_outside_probability:
        failure = next(str(reply.failure) for reply in replies if reply.failure)
        many = (
            f"{len(replies) - len(read)} of {len(replies)} replies choose nothing: "
            if len(replies) > 1
            else ""
        )
        return counted.model_copy(update={"failure": f"{many}{failure}"})
    p_first = num_first / len(read)
    low, high = wilson_interval(num_first, len(read))
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
