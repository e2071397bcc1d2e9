"""Runs in progress of every profile in the state, and which datasets and models each may read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.profile.history import homes, instance_at
from datasets_registry.registry import Registry


@dataclass(frozen=True)
class Running:
    """A run that has not ended; ``reads`` are the names that it may read, None where that is not known."""

    run_id: str
    reads: frozenset[str] | None

    @property
    def short(self) -> str:
        """Its id as commands show it."""
        return self.run_id[:8]

    def may_read(self, name: str) -> bool:
        """Whether it may read, or make, a version of ``name``."""
        return self.reads is None or name in self.reads


def running(registry: Registry) -> list[Running]:
    """Every run that waits or works; one whose process is gone is none."""
    return [run for home in homes(registry.state) for run in _runs_of(registry, home)]


def _runs_of(registry: Registry, home: Path) -> Iterator[Running]:
    # Dagster takes seconds to import, which a state without a history need not wait for
    import dagster as dg

    from assets.runs.dead import dead_runs
    from assets.ui.keys import name_of

    waiting = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED)
    working = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
    with instance_at(home) as instance:
        dead = {found.run.run_id for found in dead_runs(instance)}
        for run in instance.get_runs(dg.RunsFilter(statuses=[*waiting, *working])):
            if run.run_id not in dead:
                names = {name_of(key) for key in run.asset_selection or ()}
                yield Running(run.run_id, _upstream(registry, names))


def _upstream(registry: Registry, names: set[str]) -> frozenset[str] | None:
    """The names, and those of all that their newest versions were made from; None where one has none yet."""
    known: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        newest = registry.newest(name)
        if newest is None:
            return None
        known.add(name)
        left += {used.whole for used in registry.derivation(newest).inputs} - known
    return frozenset(known) or None
