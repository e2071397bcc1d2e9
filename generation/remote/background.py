"""Asynchronous work read as an ordinary iterator: an event loop in a thread, feeding a queue."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
Work = Callable[[Callable[[T], None]], Coroutine[None, None, None]]
SHUTDOWN_SECONDS = 5.0


class _End(Generic[T]):
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def stream(work: Work[T]) -> Iterator[T]:
    """What ``work`` hands to its argument, in that order; its error is raised after the last item.

    Closing the iterator, or an interrupt while it waits, cancels the work.
    """
    results: SimpleQueue[T | _End[T]] = SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(work(results.put))
    thread = threading.Thread(target=_run, args=(loop, task, results.put), daemon=True)
    thread.start()
    try:
        while not isinstance(item := results.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        if thread.is_alive():
            with suppress(RuntimeError):  # the loop may have closed in between
                loop.call_soon_threadsafe(task.cancel)
            thread.join(SHUTDOWN_SECONDS)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], put: Callable[[_End[T]], None]) -> None:
    error: BaseException | None = None
    try:
        loop.run_until_complete(task)
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
    except BaseException as raised:
        error = raised
    finally:
        put(_End(error))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
