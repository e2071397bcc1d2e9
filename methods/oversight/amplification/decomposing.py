"""What a decomposition is: smaller questions, and the question that composes their answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# what a row says where a question could not be split
CYCLE = "it asks a question that it is part of"
EMPTY = "its decomposition is empty"
UNPARSABLE = "its decomposition cannot be read"
TOO_MANY = "its decomposition has more parts than the budget of children"
NOT_SPLIT = "it was not split, so that nothing was amplified"


@dataclass(frozen=True)
class Decomposition:
    """The questions of the parts; ``compose`` makes the last question of their answers."""

    parts: tuple[str, ...]
    compose: Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Split:
    """How a question is split: by a decomposition, not at all (it is a leaf), or in vain, with the reason."""

    decomposition: Decomposition | None = None
    failure: str | None = None
    key: str | None = None
    num_tokens: int = 0


def same_question(question: str) -> str:
    """What two questions have in common that ask the same: their words, in one case and spacing."""
    return " ".join(question.split()).casefold()
