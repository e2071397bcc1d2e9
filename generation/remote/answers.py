"""Answers of servers, read leniently: something odd beside a good one does not spoil it."""

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import WrapValidator

from datasets_registry.hosted import Hosted
from datasets_registry.plain_text import plain_line
from generation.request import Completion

T = TypeVar("T")
MOST_OF_A_REASON = 500


def read_or_none(value: object, read: Callable[[object], T]) -> T | None:
    """What ``read`` makes of the value; None where it cannot be read."""
    try:
        return read(value)
    except ValueError:
        return None


# a good answer is not asked for again because something beside it is odd
Lenient = Annotated[T | None, WrapValidator(read_or_none)]


def failed(reason: str, counts: Mapping[str, int] | None = None) -> Completion:
    """A failed row with its reason on one line, and the tokens that it cost."""
    return Completion(finish_reason="error", error=plain_line(reason, MOST_OF_A_REASON), **(counts or {}))


class Identity:
    """Which models a server's answers state that they are of, and whether it is the hosted model's own."""

    def __init__(self, hosted: Hosted | None) -> None:
        self._expected = hosted.stated if hosted else None
        self._stated: set[str] = set()

    @property
    def stated(self) -> frozenset[str]:
        """The models that the answers so far state."""
        return frozenset(self._stated)

    def refusal(self, stated: str | None) -> str | None:
        """Note what an answer states; why it is none of the expected model's, where one is expected."""
        if stated:
            self._stated.add(stated)
        if self._expected in (None, stated):
            return None
        return (
            f"the server answered as {stated!r}, and this model is {self._expected!r}: materialize the model "
            "again, which makes a version of the new one"
        )
