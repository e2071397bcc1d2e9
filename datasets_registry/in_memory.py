"""DuckDB databases in memory that are kept: to open one takes 30 ms of work, a cursor of it half of one."""

import atexit
import os
import threading
from typing import Any

import duckdb

Settings = dict[str, str | int | bool]
_LOCK = threading.Lock()
# by purpose: the settings that a database was opened with, and itself
_KEPT: dict[str, tuple[Settings, Any]] = {}


# quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
def cursor(purpose: str, settings: Settings | None = None) -> "duckdb.DuckDBPyConnection":
    """A connection with temporary tables and views of its own; close it.

    There is one database for each purpose, and another is opened where the settings are others.
    """
    wanted = settings or {}
    with _LOCK:
        made, database = _KEPT.get(purpose, (None, None))
        if database is None or made != wanted:
            database = duckdb.connect(config=wanted)
            _KEPT[purpose] = wanted, database
        found: duckdb.DuckDBPyConnection = database.cursor()
    # it would be printed into the JSON of whoever asks
    found.execute("SET enable_progress_bar = false")
    return found


def _close() -> None:
    while _KEPT:
        _KEPT.popitem()[1][1].close()


def _before_fork() -> None:
    _LOCK.acquire()
    _close()


# left open, they are reported as leaks
atexit.register(_close)
# and a forked process waits for ever for threads of theirs that it does not have
os.register_at_fork(before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
