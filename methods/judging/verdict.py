"""A verdict: what one judge call says of its first response, or why it says nothing."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from generation.request import Completion
from methods.judging.comparison import CHOICES, Answer, ComparisonSettings

_SPOKEN = re.compile(r"\s*(?:(A)|B)\s*[.:]?\s*(?:\n.*)?", re.DOTALL)


class Verdict(BaseModel):
    """``p_first`` is normalised over the two choices; a spoken verdict has a probability of 0 or 1."""

    model_config = ConfigDict(frozen=True)

    p_first: float | None = None
    outside_probability: float | None = None
    verdict: Literal["first", "second", "even"] | None = None
    failure: str | None = None
    raw: str | None = None
    reasoning: str | None = None


def read_verdict(answer: Answer, settings: ComparisonSettings) -> Verdict:
    """Parse a judge call; a verdict is never guessed, a failure says why there is none."""
    reasoning = answer.reasoning
    said = {"reasoning": reasoning.text if reasoning else None}
    if reasoning and (reasoning.error is not None or not reasoning.text.strip()):
        return Verdict(failure=f"no reasoning: {reasoning.error or 'empty'}")
    completion = answer.completion
    if completion.error is not None:
        return Verdict(failure=f"error: {completion.error}", **said)
    if settings.verdicts == "text":
        return _spoken(completion.text).model_copy(update=said)
    return _chosen(completion, settings.max_outside_probability).model_copy(update=said)


def _spoken(text: str) -> Verdict:
    """A reply that is one letter, perhaps with a full stop, and nothing else on its line."""
    found = _SPOKEN.fullmatch(text)
    if found is None:
        return Verdict(failure="the reply is neither A nor B", raw=text)
    p_first = 1.0 if found[1] else 0.0
    return Verdict(p_first=p_first, verdict="first" if found[1] else "second", raw=text)


def _chosen(completion: Completion, max_outside: float) -> Verdict:
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
