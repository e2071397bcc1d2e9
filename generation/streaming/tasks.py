"""Tasks: each asks for completions in steps, and what it asks next follows from what came."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from generation.request import Completion, Request

T = TypeVar("T")
# how many times as many results as tasks under way wait for one that is to be handed on first
AHEAD = 4
Task = Generator[Sequence[Request], Sequence[Completion], T]
"""Yields the requests of a step, is sent their completions in that order, and returns what it made."""


@dataclass(slots=True)
class _Step(Generic[T]):
    """What a task waits for, and what of it has come."""

    number: int
    task: Task[T]
    completions: list[Completion | None]
    num_missing: int


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """A request, and the place of the task's step where its completion goes."""

    request: Request
    step: _Step[T]
    place: int


@dataclass
class Tasks(Generic[T]):
    """At most ``most`` tasks under way at a time; others begin as these end.

    With ``in_order`` what they make is handed on in their order. Tasks are sent what ``read`` makes of
    completions.
    """

    waiting: Iterator[Task[T]]
    most: int
    in_order: bool = False
    read: Callable[[Completion], Completion] | None = None
    num_open: int = 0
    exhausted: bool = False
    _num_begun: int = 0
    _num_handed: int = 0
    _wanted: list[Wanted[T]] = field(default_factory=list)
    _ended: dict[int, T] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether there is anything left to do."""
        return self.num_open > 0 or not self.exhausted

    def begin(self) -> None:
        """Begin as many as there is room for."""
        while self._has_room and not self.exhausted:
            task = next(self.waiting, None)
            self.exhausted = task is None
            if task is not None:
                self.num_open += 1
                self._num_begun += 1
                self._go_on(self._num_begun - 1, task, None)

    @property
    def _has_room(self) -> bool:
        return self.num_open < self.most and len(self._ended) < self.most * (AHEAD if self.in_order else 1)

    def wanted(self) -> list[Wanted[T]]:
        """The requests that have come up since the last call."""
        wanted, self._wanted = self._wanted, []
        return wanted

    def ended(self) -> list[T]:
        """What the tasks made that have ended since the last call."""
        if not self.in_order:
            ended, self._ended = list(self._ended.values()), {}
            return ended
        ended = []
        while self._num_handed in self._ended:
            ended.append(self._ended.pop(self._num_handed))
            self._num_handed += 1
        return ended

    def give(self, wanted: Wanted[T], completion: Completion) -> None:
        """Hand a completion over; a task that has all of its step goes on."""
        step = wanted.step
        step.completions[wanted.place] = self.read(completion) if self.read else completion
        step.num_missing -= 1
        if not step.num_missing:
            self._go_on(step.number, step.task, [each for each in step.completions if each is not None])

    def _go_on(self, number: int, task: Task[T], completions: Sequence[Completion] | None) -> None:
        try:
            requests = next(task) if completions is None else task.send(completions)
            while not requests:
                requests = task.send(())
        except StopIteration as stop:
            self.num_open -= 1
            self._ended[number] = stop.value
            return
        step = _Step(number, task, [None] * len(requests), len(requests))
        self._wanted += [Wanted(request, step, place) for place, request in enumerate(requests)]
