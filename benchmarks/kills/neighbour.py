"""A second process on the same state: it commits, completes, reads and compacts until it is told to stop."""

from pathlib import Path

import duckdb

from benchmarks.kills.stages import HOW, Place
from datasets_registry.registry import Registry
from generation.completer import Completer
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger
from generation.request import Message, Request
from generation.scripted import ScriptedBackend
from quality.auditing.publishing import publish

NAME = "beside"
ROWS, CALLS, COMPACTED_EVERY = 40, 10, 4


def work_beside(place: Place, stop: Path) -> None:
    """Work until the file ``stop`` is there; raises what goes wrong."""
    step, registry = 0, Registry(place.state.prepare())
    while step == 0 or not stop.exists():
        _commit(registry, step)
        _complete(place, step)
        _read(registry)
        if step % COMPACTED_EVERY == 0:
            compact(Ledger(place.state.ledger))
        step += 1


def _commit(registry: Registry, step: int) -> None:
    from datasets_registry.rows.evaluation import SuiteFigure
    from tests.rows import make

    rows = [make(SuiteFigure, metric=f"{number}", value=float(step)) for number in range(ROWS)]
    publish(registry, SuiteFigure, rows, HOW, NAME)


def _complete(place: Place, step: int) -> None:
    backend = ScriptedBackend(lambda request: "yes", model=NAME)
    complete = Completer(backend, Ledger(place.state.ledger), asset=NAME, report=lambda _: None)
    asked = Message(role="user", content=f"beside {step // 2}")
    complete("x", [Request(messages=(asked,), sample=sample) for sample in range(CALLS)])


def _read(registry: Registry) -> None:
    """Every version that has passed, as its rows and through its view."""
    versions = [version for name in registry.names("dataset") if (version := registry.latest(name))]
    registry.refresh_views()
    for version in versions:
        rows = registry.table(version).num_rows
        with duckdb.connect(registry.state.views, read_only=True) as connection:
            view = connection.execute(f'SELECT count(*) FROM by_version."{version}"').fetchone()
        if (rows, view) != (version.num_rows, (rows,)):
            raise RuntimeError(f"{version} has {rows} rows, and its view {view}, of {version.num_rows}")
