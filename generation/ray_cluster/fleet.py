"""Replicas as Ray actors over one base: started, given requests, heard and ended."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from generation.ray_cluster.cluster import Resources, Room, join_cluster, resources
from generation.ray_cluster.dispatch import Came, Died, Event, Numbered, Ready, Refused
from generation.ray_cluster.model_files import ModelFiles
from generation.ray_cluster.replica import NUMBERED, Failure, Opening, Place, Replica
from generation.renderer import renderer

CLOSE_SECONDS = 30.0
MOST_CHARACTERS = 400
_WHY = "The actor is dead because"
_NODE_DIED = "node has died"

_log = logging.getLogger(__name__)


class Fleet:
    """The actors of one backend, which hold ``each``; they end with ``stop``, and with this process.

    Ray restarts none and repeats no call: a repeated stream is matched by position, which loses answers and
    doubles others where they come in another order.
    """

    def __init__(self, opening: Opening, each: Room) -> None:
        self.opening, self.each = opening, each
        self.idle_since = time.monotonic()
        self.at_work = False
        self.places: dict[int, Place] = {}
        self.num_starts = 0
        self._model: ModelFiles | None = None
        self._turn: object = None
        self._numbers = count()
        # handles, references and streams are Ray's, which is imported where a cluster is joined
        self._actors: dict[int, Any] = {}
        self._starting: dict[Any, int] = {}
        self._streams: dict[Any, int] = {}

    @contextmanager
    def serving(self, model: ModelFiles) -> Iterator[Callable[[], bool]]:
        """Let requests within be for ``model``; what it yields says whether they still are.

        Raises BadInput where there is no cluster.
        """
        join_cluster()
        if self.at_work:
            # whoever began never ended: its answers would be taken for those of equal numbers
            self.stop()
        turn = self._turn = object()
        self._model, self.at_work = model, True
        try:
            yield lambda: self._turn is turn
        finally:
            if self._turn is turn:
                self.at_work, self.idle_since = False, time.monotonic()

    @property
    def ready(self) -> Collection[int]:
        """Replicas that take requests."""
        return self.places.keys()

    @property
    def starting(self) -> Collection[int]:
        """Replicas that are not ready yet, perhaps for want of room."""
        return self._starting.values()

    def start(self) -> int:
        """Ask the cluster for one more."""
        import ray

        number = next(self._numbers)
        self.num_starts += 1
        actor = (
            ray.remote(Replica)
            .options(
                num_cpus=self.each.cpus,
                num_gpus=self.each.gpus,
                max_restarts=0,
                max_task_retries=0,
                # one call streams answers for good, and others bring requests
                max_concurrency=2,
            )
            .remote(self.opening)
        )
        self._actors[number] = actor
        self._starting[actor.ready.remote()] = number
        return number

    def give(self, replica: int, requests: Sequence[Numbered]) -> None:
        """Hand requests over."""
        self._actors[replica].give.remote(self._model, NUMBERED.dump_json(list(requests)))

    def heard(self, seconds: float) -> list[Event]:
        """What has happened, waiting so long for the first of it."""
        import ray

        awaited = [*self._starting, *self._streams]
        if not awaited:
            time.sleep(seconds)
            return []
        first, others = ray.wait(awaited, num_returns=1, timeout=seconds)
        if first and others:
            first += ray.wait(others, num_returns=len(others), timeout=0)[0]
        return [self._joined(each) if each in self._starting else self._said(each) for each in first]

    def wanting(self) -> str:
        """What each replica asks for, and what there is."""
        return f"each asks for {self.each}, and the cluster has {resources()}"

    @property
    def resources(self) -> Resources:
        """What the cluster has; it is joined for that."""
        join_cluster()
        return resources()

    def stop(self) -> None:
        """End all replicas; those that are idle free their memory first."""
        if not self._actors:
            return
        import ray

        idle = [] if self.at_work else [self._actors[number] for number in self.places]
        ending = [actor.close.remote() for actor in idle]
        if ending:
            ray.wait(ending, num_returns=len(ending), timeout=CLOSE_SECONDS)
        for number in list(self._actors):
            self._forget(number)

    def _joined(self, reference: Any) -> Event:
        """A replica that has started, if it renders prompts as this process does."""
        import ray

        number = self._starting.pop(reference)
        try:
            place: Place = ray.get(reference)
        except ray.exceptions.RayError as error:
            return self._dead(number, cause_of(error))
        if place.renderer != renderer():
            self._forget(number)
            return Refused(
                f"node {place.node} renders prompts by other code or libraries than this process: install "
                "the same Trimtab with the same constraints.txt on every node"
            )
        self.places[number] = place
        stream = self._actors[number].answers.options(num_returns="streaming").remote()
        self._streams[stream] = number
        return Ready(number)

    def _said(self, stream: Any) -> Event:
        """The next handful of a replica, or its last word."""
        import ray

        number = self._streams[stream]
        try:
            said = ray.get(next(stream))
        except StopIteration:
            return self._dead(number, "it ended")
        except ray.exceptions.RayError as error:
            return self._dead(number, cause_of(error))
        if not isinstance(said, Failure):
            return Came(number, said)
        return Refused(said.sentence) if said.refused else self._dead(number, said.sentence)

    def _dead(self, number: int, cause: str) -> Died:
        place = self.places.get(number)
        self._forget(number)
        told = f"process {place.pid} on node {place.node}: {cause}" if place else cause
        return Died(number, told, with_node=_NODE_DIED in cause)

    def _forget(self, number: int) -> None:
        """End the actor where it is alive, and count it no more."""
        import ray

        ray.kill(self._actors.pop(number), no_restart=True)
        self.places.pop(number, None)
        for awaited in (self._starting, self._streams):
            for each in [each for each, owner in awaited.items() if owner == number]:
                del awaited[each]


def cause_of(error: Exception) -> str:
    """What Ray says of a death, in a line, without its ids and what might be the cause of any."""
    said = " ".join(str(error).split())
    why = said[max(0, said.find(_WHY)) :].partition(" Some common causes")[0]
    return why[:MOST_CHARACTERS]
