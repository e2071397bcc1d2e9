"""Work on a stream's items in several threads, in the stream's order and only a few items ahead."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
THREADS = min(4, os.cpu_count() or 1)


def pipelined(work: Callable[[T], U], items: Iterable[T], threads: int = THREADS) -> Iterator[U]:
    """The result of ``work`` for every item, in order; at most ``threads`` + 1 results are ahead."""
    items = iter(items)
    first = list(islice(items, 2))
    if len(first) < 2:
        # a small commit has one item, and starting threads would take most of its time
        yield from map(work, first)
        return
    waiting: deque[Future[U]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in _joined(first, items):
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _joined(first: list[T], rest: Iterator[T]) -> Iterator[T]:
    """Like ``itertools.chain``, which would keep ``first`` to its end: an item may have 64 MB."""
    while first:
        yield first.pop(0)
    yield from rest
