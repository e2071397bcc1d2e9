"""Verdicts: what one judge call says of its first response, or why it says nothing."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from generation.request import Completion
from methods.judging.comparison import CHOICES, Answer, ComparisonSettings

_REPLY = re.compile(r"\s*(?:(A)|B)\s*[.:]?\s*(?:\n.*)?", re.DOTALL)


class Verdict(BaseModel):
    """A parsed judge call.

    ``p_first`` is normalised over the two choices; a verdict in text has a probability of 0 or 1.
    """

    model_config = ConfigDict(frozen=True)

    p_first: float | None = None
    outside_probability: float | None = None
    verdict: Literal["first", "second", "even"] | None = None
    failure: str | None = None
    raw: str | None = None
    reasoning: str | None = None


def read_verdict(answer: Answer, settings: ComparisonSettings) -> Verdict:
    """Parse a judge call; a verdict is never guessed, and a failure says why there is none."""
    reasoning = answer.reasoning
    context = {"reasoning": reasoning.text if reasoning else None}
    if reasoning and (reasoning.error is not None or not reasoning.text.strip()):
        return Verdict(failure=f"no reasoning: {reasoning.error or 'empty'}")
    completion = answer.completion
    if completion.error is not None:
        return Verdict(failure=f"error: {completion.error}", **context)
    if settings.verdicts == "text":
        return _from_text(completion.text).model_copy(update=context)
    return _from_probabilities(completion, settings.max_outside_probability).model_copy(update=context)


def _from_text(text: str) -> Verdict:
    """The verdict of a reply whose first line is one letter, perhaps with a full stop."""
    reply = _REPLY.fullmatch(text)
    if reply is None:
        return Verdict(failure="the reply is neither A nor B", raw=text)
    p_first = 1.0 if reply[1] else 0.0
    return Verdict(p_first=p_first, verdict="first" if reply[1] else "second", raw=text)


def _from_probabilities(completion: Completion, max_outside: float) -> Verdict:
    probabilities = completion.choice_probabilities
    if probabilities is None or len(probabilities) != len(CHOICES) or sum(probabilities) <= 0:
        return Verdict(failure="no choice probabilities")
    outside = completion.outside_probability or 0.0
    p_first = probabilities[0] / sum(probabilities)
    if outside > max_outside:
        return Verdict(
            p_first=p_first,
            outside_probability=outside,
            failure=f"{outside:.0%} of the probability lies outside the choices",
        )
    verdict: Literal["first", "second", "even"] = "even"
    if p_first != 0.5:
        verdict = "first" if p_first > 0.5 else "second"
    return Verdict(p_first=p_first, outside_probability=outside, verdict=verdict)
