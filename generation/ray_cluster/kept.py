"""Fleets that outlive the work they were started for, so that the next work over their base finds them."""

from collections.abc import Callable

from generation.engine import EngineSettings
from generation.ray_cluster.fleet import Fleet

Key = tuple[str, EngineSettings]


class KeptFleets:
    """One fleet for each base, by its fingerprint, and settings; for all backends of this process."""

    def __init__(self) -> None:
        self._fleets: dict[Key, Fleet] = {}

    def fleet(self, key: Key, make: Callable[[], Fleet]) -> Fleet:
        """The fleet of ``key``, which may be running already."""
        if key not in self._fleets:
            self._fleets[key] = make()
        return self._fleets[key]

    def make_room(self, fleet: Fleet, number: int) -> None:
        """Let idle fleets end, longest idle first, while the cluster has no room for ``number`` replicas."""
        missing = number - len(fleet.ready)
        idle = [other for other in self._fleets.values() if other is not fleet and not other.at_work]
        for other in sorted(idle, key=lambda other: other.idle_since):
            if (other.ready or other.starting) and fleet.resources.fitting_now(fleet.each) < missing:
                other.stop()

    def close(self) -> None:
        """End all fleets."""
        while self._fleets:
            self._fleets.popitem()[1].stop()


FLEETS = KeptFleets()
