"""Thought is no answer: where a completion stops thinking, and the answer behind it.

Models mark thought in their own ways, as ``<think>`` and ``</think>``; others are a setting of the model.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _told_apart(marks: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for opening, closing in marks:
        if opening == closing:
            raise ValueError(f"{opening!r} opens and closes a thought: use two marks that differ")
    return marks


Mark = Annotated[str, StringConstraints(min_length=1)]
Marks = Annotated[tuple[tuple[Mark, Mark], ...], AfterValidator(_told_apart)]
THINK: Marks = (("<think>", "</think>"),)


@dataclass(frozen=True, slots=True)
class Thought:
    """A completion's thought and answer; ``failure`` says why there is no answer."""

    thought: str
    answer: str
    failure: str | None = None


def without_thought(text: str, marks: Marks = THINK) -> Thought:
    """The text behind the last mark that ends a thought.

    A thought that does not end is a truncated completion, and one that nothing follows an empty one. A
    template may write the opening mark itself, so that a completion begins amid its thought.
    """
    start = max((text.rfind(closing) + len(closing) for _, closing in marks if closing in text), default=0)
    answer = text[start:]
    opened = [answer.find(opening) for opening, _ in marks if opening in answer]
    if opened:
        return Thought(text, "", "truncated thought")
    if start and not answer.strip():
        return Thought(text, "", "empty")
    return Thought(text[:start], answer.lstrip("\n") if start else answer)
