"""DuckDB over Parquet files in little memory: a connection, quoted names and the rows of a query."""

import atexit
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from datasets_registry.errors import BrokenObject, first_line
from datasets_registry.state import State

Settings = dict[str, str | int | bool]
# a row of a query, of whatever types its columns have: by column name, or in their order
ResultRow = dict[str, Any]
ResultTuple = tuple[Any, ...]
# DuckDB 2.0.0 puts the length in the text's place in SELECT * … ORDER BY strlen(text) LIMIT n over Parquet
UNSOUND = "late_materialization"
_LOCK = threading.Lock()
# by purpose: the settings that a database was opened with, and itself
_KEPT: "dict[str, tuple[Settings, duckdb.DuckDBPyConnection]]" = {}


# quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
def cursor(purpose: str, settings: Settings | None = None) -> "duckdb.DuckDBPyConnection":
    """A connection with temporary tables and views of its own; close it.

    There is a database for each purpose, and another is opened where the settings are others.
    """
    config = {"disabled_optimizers": UNSOUND} | (settings or {})
    with _LOCK:
        opened_with, database = _KEPT.get(purpose, (None, None))
        if database is None or opened_with != config:
            database = duckdb.connect(config=config)
            _KEPT[purpose] = config, database
        # which shows no progress bar, as its database may
        connection: duckdb.DuckDBPyConnection = database.cursor()
    return connection


def _close() -> None:
    while _KEPT:
        _KEPT.popitem()[1][1].close()


def _before_fork() -> None:
    _LOCK.acquire()
    _close()


# left open, they are reported as leaks
atexit.register(_close)
# a forked process waits for ever for their threads, which it does not have
os.register_at_fork(before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


MEMORY = "1500MB"
SPILL = "duckdb-"
MOST_THREADS = 4
# apart from those of other machines that share the folder
_PROCESS = uuid.uuid4().hex


def spill_folder(state: State, use: str = "") -> Path:
    """Where this process's queries for ``use`` may spill, apart from those of all others."""
    return state.cache / f"{SPILL}{use}{_PROCESS}-{os.getpid()}"


# quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
@contextmanager
def scanning(state: State) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection that spills to the state's cache; only temporary tables and views are made on it.

    Raises BrokenObject where a file is not Parquet.
    """
    settings: Settings = {
        "memory_limit": MEMORY,
        "temp_directory": str(spill_folder(state)),
        "threads": min(MOST_THREADS, os.cpu_count() or 1),
        "preserve_insertion_order": False,
        "enable_external_file_cache": False,
    }
    with cursor("scanning", settings) as connection, reading():
        yield connection


@contextmanager
def reading() -> Iterator[None]:
    """Turn DuckDB's errors about a file into a BrokenObject."""
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise BrokenObject(
            f"an object cannot be read ({first_line(error)}): `trimtab verify` names its version"
        ) from error


def quoted(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def column(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def columns(names: Sequence[str], table: str | None = None) -> str:
    """The names as SQL identifiers, of ``table`` if given."""
    return ", ".join(column(name) if table is None else f"{table}.{column(name)}" for name in names)


def records(
    connection: "duckdb.DuckDBPyConnection", query: str, parameters: Sequence[object] = ()
) -> list[ResultRow]:
    """The rows of a query by column name."""
    result = connection.execute(query, list(parameters))
    names = [described[0] for described in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
