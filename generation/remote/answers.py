"""Answers of servers, read leniently: something odd beside a good one does not spoil it."""

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import WrapValidator

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


def of_another_model(expected: str | None, stated: str | None) -> str | None:
    """Why an answer that states this model is none of the ``expected`` one, where any is expected."""
    if expected in (None, stated):
        return None
    return (
        f"the server answered as {stated!r}, and this model is {expected!r}: materialize the model again, "
        "which makes a version of the new one"
    )
