"""Writers and readers at once, on the registry and on Delta Lake: the same rows, commits and questions."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pyarrow as pa

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.rows.row import to_table
from datasets_registry.state import State
from datasets_registry.version import Derivation
from datasets_registry.views.asking import open_views

ROWS = 500
READERS = 4
PATIENCE = 120
SPAWN = multiprocessing.get_context("spawn")


def table(writer: int, turn: int) -> pa.Table:
    """500 rows that no other commit has."""
    rows = [
        SuiteFigure(
            model="m",
            suite="helpful",
            metric=f"{writer}-{turn}-{number}",
            value=0.5,
            low=None,
            high=None,
            num_items=turn,
        )
        for number in range(ROWS)
    ]
    return to_table(SuiteFigure, rows)


def write_registry(root: str, writer: int, commits: int, shared: bool, ready: Barrier) -> None:
    """Publish ``commits`` versions, to this writer's dataset or to the one of all."""
    registry = Registry(State(Path(root)).prepare())
    name = "shared" if shared else f"dataset_{writer}"
    ready.wait(timeout=PATIENCE)
    for turn in range(commits):
        made = Derivation(code_version=f"{writer}-{turn}", settings={}, inputs=())
        version = registry.commit(SuiteFigure, [table(writer, turn)], made, name)
        registry.record_checks(version, [])
    registry.engine.dispose()


def write_delta(root: str, writer: int, commits: int, shared: bool, ready: Barrier) -> None:
    """The same with Delta Lake, each commit again where another came first."""
    from deltalake import write_deltalake
    from deltalake.exceptions import CommitFailedError

    path = str(Path(root) / ("shared" if shared else f"dataset_{writer}"))
    ready.wait(timeout=PATIENCE)
    for turn in range(commits):
        while True:
            try:
                write_deltalake(path, table(writer, turn), mode="overwrite")
                break
            except CommitFailedError:
                continue


def read_registry(root: str, stop: Event, errors: Any) -> None:
    """Ask for every dataset's rows again and again; each must be whole."""
    state = State(Path(root))
    while not stop.is_set():
        if state.views.exists():
            try:
                with open_views(state) as connection:
                    names = connection.execute(
                        "SELECT DISTINCT name FROM versions WHERE status = 'passed'"
                    ).fetchall()
                    for (name,) in names:
                        assert connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (ROWS,)
            except Exception as error:
                errors.put(repr(error))
        time.sleep(0.05)


def read_delta(root: str, stop: Event, errors: Any) -> None:
    """The same with Delta Lake."""
    from deltalake import DeltaTable

    while not stop.is_set():
        try:
            for path in Path(root).glob("*/_delta_log/00000000000000000000.json"):
                assert len(DeltaTable(str(path.parents[1])).to_pyarrow_table()) == ROWS
        except Exception as error:
            errors.put(repr(error))
        time.sleep(0.05)


def together(
    root: Path,
    write: Callable[..., None],
    read: Callable[..., None],
    writers: int,
    commits: int,
    shared: bool,
) -> tuple[float, list[str]]:
    """Seconds from when all writers are ready until all are done, and what went wrong anywhere."""
    stop, errors = SPAWN.Event(), SPAWN.SimpleQueue()
    ready = SPAWN.Barrier(writers + 1)
    reading = [SPAWN.Process(target=read, args=(str(root), stop, errors)) for _ in range(READERS)]
    working = [
        SPAWN.Process(target=write, args=(str(root), number, commits, shared, ready))
        for number in range(writers)
    ]
    for process in reading:
        process.start()
    for process in working:
        process.start()
    # imports are no part of a commit
    ready.wait(timeout=PATIENCE)
    start = time.perf_counter()
    for process in working:
        process.join()
    seconds = time.perf_counter() - start
    stop.set()
    for process in reading:
        process.join()
    found = [f"a writer ended with {shared.exitcode}" for shared in working if shared.exitcode]
    while not errors.empty():
        found.append(str(errors.get()))
    return seconds, found
