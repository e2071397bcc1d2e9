"""Nodes of a Ray cluster that are held all at once: what runs on each of them, and whether one is lost."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from datasets_registry.errors import ModelFailed, first_line
from datasets_registry.plain_text import plain_line
from generation.ray_cluster.cluster import join_cluster

# how long nodes are waited for, as Ray gives a job of one node, and how often that is said
ROOM_SECONDS, TOLD_SECONDS = 900.0, 60.0
# how often one looks whether all nodes are there
LOOK_SECONDS = 5.0
# a process whose peer's node is lost hears of it before Ray does, and fails
SIGHT_SECONDS = 40.0
_MOST_CHARACTERS = 300


class NotNow(ModelFailed):
    """What may be possible later; its exit code says to whoever started this."""

    code: int


class NoRoom(NotNow):
    """Not enough nodes were free together for too long."""

    code = 69


class NodeLost(NotNow):
    """A node is lost amid."""

    code = 75


class Nodes:
    """So many nodes, of each of which as many units are held, until this process ends."""

    def __init__(self, number: int, unit: str, each: int) -> None:
        """Raises BadInput where there is no cluster."""
        join_cluster()
        from ray.util.placement_group import placement_group

        self.number, self._unit, self._each = number, unit, each
        self._places: dict[str, int] = {}
        self._looked_at = -math.inf
        # each on a node of its own, all at once or none
        self._group = placement_group([{unit: float(each)}] * number, strategy="STRICT_SPREAD")

    def __str__(self) -> str:
        """For example ``2 nodes with 8 GPUs each``."""
        return f"{self.number} nodes with {self._each} {self._unit}s each"

    def wait(self) -> None:
        """Return when they are held; raises NoRoom where that takes too long."""
        import ray

        ready, until = self._group.ready(), time.monotonic() + ROOM_SECONDS
        _say(f"{self} are asked for")
        while not ray.wait([ready], timeout=TOLD_SECONDS)[0]:
            if time.monotonic() > until:
                raise NoRoom(f"{self} were not free together for {ROOM_SECONDS:.0f} s")
            _say(f"{self} are waited for")

    def ask(self, rank: int, function: Callable[..., Any]) -> Any:
        """What a function returns on a node; raises NodeLost where that is lost."""
        import ray

        with _sentence_of(rank):
            return ray.get(self._on(rank, function).remote())

    def stream(self, rank: int, function: Callable[..., Iterator[Any]], *arguments: Any) -> Any:
        """Begin a function on a node; what it yields comes as Ray's references."""
        return self._on(rank, function, num_returns="streaming").remote(*arguments)

    def followed(self, streams: dict[Any, int], hear: Callable[[int, str], None]) -> int:
        """Hand on each machine's lines as they come; the exit code of the first that fails, else 0.

        Raises NodeLost where one is lost, though a peer of it failed before.
        """
        import ray

        code, until = 0, math.inf
        while streams and (left := until - time.monotonic()) > 0:
            for stream in ray.wait(list(streams), num_returns=1, timeout=min(left, LOOK_SECONDS))[0]:
                line = _next(stream, streams[stream])
                if line is None:
                    del streams[stream]
                elif isinstance(line, str):
                    hear(streams[stream], line)
                elif line and not code:
                    code, until = line, time.monotonic() + SIGHT_SECONDS
            self._require_nodes()
        return code

    def _require_nodes(self) -> None:
        """Raise NodeLost where the cluster has lost a node, whose streams may say nothing of it."""
        import ray
        from ray.util import placement_group_table

        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        if not self._places:
            table = placement_group_table(self._group)["bundles_to_node_id"]
            self._places = {node: rank for rank, node in table.items()}
        alive = {node["NodeID"] for node in ray.nodes() if node["Alive"]}
        for node, rank in self._places.items():
            if node not in alive:
                raise NodeLost(f"machine {rank} is lost: node {node[:8]} is gone from the cluster")

    def _on(self, rank: int, function: Callable[..., Any], **more: Any) -> Any:
        import ray
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        place = PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=rank)
        cpus, gpus = (self._each if self._unit == unit else 0 for unit in ("CPU", "GPU"))
        told = {"num_cpus": cpus, "num_gpus": gpus, "scheduling_strategy": place, "max_retries": 0}
        return ray.remote(function).options(**told, **more)


def _next(stream: Any, rank: int) -> str | int | None:
    """What a machine yields next; None where it has ended."""
    import ray

    with _sentence_of(rank):
        said = next(stream, None)
        line: str | int | None = None if said is None else ray.get(said)
        return line


@contextmanager
def _sentence_of(rank: int) -> Iterator[None]:
    """Say in a sentence what Ray says of a machine."""
    import ray

    try:
        yield
    except ray.exceptions.RayTaskError as error:
        raise ModelFailed(f"machine {rank}: {_line(error.cause or error)}") from error
    except ray.exceptions.RayError as error:
        raise NodeLost(f"machine {rank} is lost: {_line(error)}") from error


def _line(error: Exception) -> str:
    # what follows Ray's first sentence is what may be the cause of any
    return plain_line(first_line(error).partition(". ")[0], _MOST_CHARACTERS)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
