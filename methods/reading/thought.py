"""Thought is no answer: where a completion stops thinking, and the answer behind it.

Models mark thought in their own ways, as ``<think>`` and ``</think>``; other marks are a setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Marks = tuple[tuple[str, str], ...]
THINK: Marks = (("<think>", "</think>"),)


@dataclass(frozen=True, slots=True)
class Thought:
    """A completion's thought and answer; ``failure`` says why there is no answer."""

    thought: str
    answer: str
    failure: str | None = None


def without_thought(text: str, marks: Sequence[tuple[str, str]] = THINK) -> Thought:
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
