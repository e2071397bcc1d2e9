"""Many processes may open a new state folder at once, and all find one catalog."""

import sqlite3
import threading
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import text

from datasets_registry.catalog.tables import open_catalog
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import Derivation
from tests.datasets_registry.catalog.forked import FORKING, finish, started


def _open(root: str, ready: Barrier) -> None:
    state = State(Path(root)).prepare()
    ready.wait(timeout=60)
    Registry(state).engine.dispose()


def test_eight_processes_open_a_new_folder_at_the_same_moment(state: State) -> None:
    ready = FORKING.Barrier(8)
    finish(started(_open, *[(str(state.root / "new"), ready)] * 8))


def test_a_catalog_of_an_older_release_gets_the_tables_that_it_lacks(state: State) -> None:
    registry = Registry(state)
    identity = state.catalog_id.read_text()
    with registry.engine.begin() as connection:
        connection.execute(text("DROP TABLE part"))
        connection.execute(text("DROP TABLE kept"))
    registry.engine.dispose()
    again = Registry(state)
    assert state.catalog_id.read_text() == identity
    how = Derivation(code_version="1", settings={}, inputs=(), parts={"methods.verifiers.number": "1"})
    version = again.commit(SuiteFigure, [], how)
    assert again.derivation(version).parts == {"methods.verifiers.number": "1"}
    assert again.kept("evaluation") == []
    again.engine.dispose()


def test_a_new_catalog_that_another_process_is_writing_is_waited_for(state: State) -> None:
    state.prepare()
    other = sqlite3.connect(state.catalog, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ended = threading.Timer(0.3, other.execute, ["COMMIT"])
    ended.start()
    open_catalog(state).dispose()
    ended.join()
    other.close()
