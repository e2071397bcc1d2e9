"""Tasks through a completer: as a stream where its backend takes more while it completes, else in rounds."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from generation.completer import Complete, Completer
from generation.streaming.stream import Stream
from generation.streaming.tasks import Task, Tasks

T = TypeVar("T")


def flow(complete: Complete, stage: str, tasks: Iterable[Task[T]], most: int) -> Iterator[T]:
    """What each task makes, as it ends; at most ``most`` are under way at a time.

    What a task is given does not depend on the others, nor on the order in which completions arrive.
    """
    board = Tasks.of(tasks, most)
    feeding = complete.feeding if isinstance(complete, Completer) else None
    if isinstance(complete, Completer) and feeding is not None:
        return Stream(complete, feeding, stage, board).results()
    return _rounds(complete, stage, board)


def _rounds(complete: Complete, stage: str, tasks: Tasks[T]) -> Iterator[T]:
    """All that tasks wait for in one call, and again."""
    while tasks.under_way:
        tasks.begin()
        if wanted := tasks.wanted():
            completions = complete(stage, [each.request for each in wanted])
            for each, completion in zip(wanted, completions, strict=True):
                tasks.give(each, completion)
        yield from tasks.ended()
