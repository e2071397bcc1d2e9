"""Rows by the window, so that memory holds the requests of one."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from generation.completer import Completer

T = TypeVar("T")


def windows(rows: Iterable[T], completer: Completer, most: int) -> Iterator[list[T]]:
    """``most`` rows at a time; all of them where requests go by batch, as each batch may take a day."""
    left = iter(rows)
    while window := list(islice(left, None if completer.by_batch else most)):
        yield window
