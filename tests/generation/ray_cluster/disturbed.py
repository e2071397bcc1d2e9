"""Sleeping replicas on Ray, and whoever is told of each answer, to kill something then."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from generation.backends import close_kept, open_backend
from generation.engine import EngineSettings
from generation.ray_cluster.backend import RayBackend
from generation.ray_cluster.dispatch import START_SECONDS
from generation.ray_cluster.kept import KeptFleets
from generation.request import Completion, Request
from tests.generation.ray_cluster.sleeping import NAME


class Disturbed(RayBackend):
    """Calls ``disturb`` with the number of answers that have come."""

    disturb: Callable[[int], object] = staticmethod(lambda number: None)

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """The completions, each behind the call."""
        for number, each in enumerate(super().complete(requests), start=1):
            self.disturb(number)
            yield each


def open_sleeping(
    folder: Path,
    replicas: int = 2,
    *,
    inner: str = NAME,
    slots: int = 4,
    gpus: int = 0,
    patience: float = START_SECONDS,
    fleets: KeptFleets | None = None,
) -> Disturbed:
    """Replicas that sleep in place of a model, or are another backend of a plug-in."""
    settings = EngineSettings(inner=inner, replicas=replicas, batch_size=slots, replica_gpus=gpus)
    return Disturbed(
        folder,
        settings,
        open_backend=open_backend,
        close_kept=close_kept,
        fleets=fleets,
        patience=patience,
    )
