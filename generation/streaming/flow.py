"""Tasks through a completer: as a stream where its backend takes more while it completes, else in rounds."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from generation.completer import Complete, Completer
from generation.request import Request
from generation.streaming.reading import Reading
from generation.streaming.tasks import Task, Tasks

T = TypeVar("T")


def flow(complete: Complete, stage: str, tasks: Iterable[Task[T]], most: int) -> Iterator[T]:
    """What each task makes, as it ends; at most ``most`` are under way at a time.

    Where requests go by batch all are, as each batch may take a day. What a task is given does not depend
    on the others, nor on the order in which completions arrive.
    """
    return _results(complete, stage, tasks, most, in_order=False)


def in_order(complete: Complete, stage: str, tasks: Iterable[Task[T]], most: int) -> Iterator[T]:
    """The same in the order of the tasks; while one is slow, others end, up to some times ``most``."""
    return _results(complete, stage, tasks, most, in_order=True)


def _results(
    complete: Complete, stage: str, tasks: Iterable[Task[T]], most: int, *, in_order: bool
) -> Iterator[T]:
    read = complete.read if isinstance(complete, Reading) else None
    asked = complete.complete if isinstance(complete, Reading) else complete
    if not isinstance(asked, Completer):
        return _rounds(asked, stage, Tasks(iter(tasks), most, in_order, read))
    feeding = asked.feeding
    if feeding is None:
        most = sys.maxsize if asked.by_batch else most
        return _rounds(asked, stage, Tasks(iter(tasks), most, in_order, read))
    # profiles read this module, and the ledger behind a stream takes long to import
    from generation.streaming.stream import Stream

    return Stream(asked, feeding, stage, Tasks(iter(tasks), most, in_order, read)).results()


def _rounds(complete: Complete, stage: str, tasks: Tasks[T]) -> Iterator[T]:
    """All that tasks wait for in one call, and again; equal requests are one."""
    number = 1
    while tasks.under_way:
        tasks.begin()
        if wanted := tasks.wanted():
            places: dict[Request, int] = {}
            for each in wanted:
                places.setdefault(each.request, len(places))
            completions = complete(stage if number == 1 else f"{stage}, round {number}", list(places))
            number += 1
            for each in wanted:
                tasks.give(each, completions[places[each.request]])
        yield from tasks.ended()
