"""Working through requests side by side, in bounded number, while others may still come."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from functools import partial

from generation.remote.background import stream
from generation.request import Completion, Request

Numbered = tuple[int, Completion]
Put = Callable[[Numbered], None]
More = Callable[[], Sequence[Request]]


def nothing_more() -> Sequence[Request]:
    """For those who ask for all at once."""
    return ()


class Pile:
    """Requests by number, which workers of an event loop take in turn; another thread may add some."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._waiting = deque(enumerate(requests))
        self._num_added, self._num_open = len(requests), len(requests)
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def work_off(self, most: int, work: Callable[[int, Request], Awaitable[None]]) -> None:
        """Do ``work`` on each, ``most`` at a time, until ``done`` was called; the first error ends all."""
        self._loop = asyncio.get_running_loop()

        async def worker() -> None:
            while (next_one := await self._next()) is not None:
                await work(*next_one)

        async with asyncio.TaskGroup() as group:
            for _ in range(most):
                group.create_task(worker())

    def one_done(self, more: Sequence[Request]) -> None:
        """One is done, and ``more`` have come; without either the workers end. From any thread."""
        self._num_open += len(more) - 1
        if (more or not self._num_open) and self._loop is not None:
            # an error may have ended the loop in between, and is raised by whoever reads what it put
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._add, more)

    def _add(self, more: Sequence[Request]) -> None:
        self._waiting.extend(enumerate(more, start=self._num_added))
        self._num_added += len(more)
        self._changed.set()

    async def _next(self) -> tuple[int, Request] | None:
        while not self._waiting:
            if not self._num_open:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()


def answers(
    run: Callable[[Pile, Put], Coroutine[None, None, None]], requests: Sequence[Request], more: More
) -> Iterator[Numbered]:
    """What ``run`` puts for each request of a pile, to which ``more`` adds after each answer."""
    pile = Pile(requests)
    for answer in stream(partial(run, pile)):
        yield answer
        pile.one_done(more())
