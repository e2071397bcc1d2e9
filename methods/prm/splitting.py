"""Splitting solutions into steps by a stated rule, and putting prefixes together again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Splitter = Literal["lines", "paragraphs"]
SEPARATORS: dict[Splitter, str] = {"lines": "\n", "paragraphs": "\n\n"}


@dataclass(frozen=True)
class Split:
    """Steps that the separator joins to the completion again; none where ``failure`` says why not."""

    steps: tuple[str, ...]
    separator: str
    failure: str | None = None


def split(completion: str, splitter: Splitter) -> Split:
    """One step per line (``lines``) or per paragraph (``paragraphs``, with blank lines between).

    The line of the final answer is a step of its own like any other: nothing comes after it, so its value
    is the verdict of the whole solution. Nothing is trimmed, so a solution with blank steps, or with white
    space around it, has no steps.
    """
    separator = SEPARATORS[splitter]
    steps = tuple(completion.split(separator))
    failure = _failure(completion, steps)
    return Split(() if failure else steps, separator, failure)


def prefix(steps: Sequence[str], count: int, separator: str) -> str:
    """The first ``count`` steps, each followed by the separator, so that a completer begins the next one."""
    return "".join(step + separator for step in steps[:count])


def _failure(completion: str, steps: Sequence[str]) -> str | None:
    if not completion.strip():
        return "empty"
    if completion != completion.strip():
        return "white space at its start or end"
    # three line breaks between paragraphs leave one at an edge, which a completer would see or not
    if any(not step.strip() or step != step.strip("\n") for step in steps):
        return "blank step"
    return None
