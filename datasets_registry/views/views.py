"""``catalog.duckdb``: views over the Parquet objects for any DuckDB client, replaced atomically."""

import json
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from datasets_registry.catalog.records import Records
from datasets_registry.state import State, durable, locked
from datasets_registry.views.files import literal
from datasets_registry.views.scanning import column, quoted
from datasets_registry.views.statements import wanted_views
from datasets_registry.views.unions import BY_VERSION, MAIN, View

# Readable by every 1.x and 2.x client; 2.0's own default is not readable by 1.5
STORAGE_VERSION = "v1.0.0"
# the file while it is written; no experiment, which is a schema of it, can have this name
_FILE = "_catalog"
# of the file: which views stand in which schema, and what is said of them
LAYOUT = 3
_KEPT = threading.local()


def write_views(state: State, records: Records) -> None:
    """Bring ``catalog.duckdb`` up to date; readers that have the old one open are not disturbed.

    Only views that changed are replaced. If several writers wait, the first writes for all.
    """
    changes = records.changes()
    with locked(state.root / ".views.lock"):
        shown = _shown_changes(state)
        if shown >= changes:
            return
        changes = records.changes()
        views = wanted_views(state, records.engine)
        with durable(state.views) as temporary:
            if shown >= 0:
                shutil.copyfile(state.views, temporary)
            with _plainly_named(temporary) as database, _attached(database) as connection:
                _replace(connection, views)
        _stamp(state).write_text(json.dumps([changes, *_mark(state)]))


def forget(state: State) -> None:
    """Let the next writing begin anew, though no version changed."""
    _stamp(state).unlink(missing_ok=True)


def _stamp(state: State) -> Path:
    return state.root / ".views.json"


def _mark(state: State) -> list[int | str]:
    # a folder that was moved or copied has views of files elsewhere
    file = state.views.stat()
    return [file.st_size, file.st_mtime_ns, str(state.root), LAYOUT]


def are_shown(state: State) -> bool:
    """Whether there is a file of views, and it shows the files of this folder."""
    return _shown_changes(state) >= 0


def _shown_changes(state: State) -> int:
    """How many changes the view file shows; -1 where it is missing or was altered.

    The count is in a file beside it, as opening it would cost each commit 24 ms.
    """
    try:
        changes, *mark = json.loads(_stamp(state).read_text())
        return int(changes) if mark == _mark(state) else -1
    except (OSError, ValueError):
        return -1


@contextmanager
def _plainly_named(path: Path) -> Iterator[Path]:
    """``path``, or a copy to write in its place where DuckDB would take what follows ``?`` for options."""
    if "?" not in str(path):
        yield path
        return
    with TemporaryDirectory(prefix="trimtab-views-") as folder:
        copy = Path(folder) / path.name
        if path.exists():
            shutil.copyfile(path, copy)
        yield copy
        shutil.copyfile(copy, path)


@contextmanager
def _attached(path: Path) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection to the tables and views of the file ``path``, which is complete afterwards."""
    connection = _kept()
    try:
        connection.execute(f"ATTACH {literal(path)} AS {_FILE} (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute(f"USE {_FILE}")
        yield connection
        connection.execute("USE memory")
        connection.execute(f"DETACH {_FILE}")
    except BaseException:
        # an error may have left it in any state, so it is not used again
        _close()
        raise


def _kept() -> "duckdb.DuckDBPyConnection":
    """This thread's empty database in memory: opening one for each commit would cost 30 ms of its 40."""
    if not hasattr(_KEPT, "connection"):
        _KEPT.connection = duckdb.connect(config={"threads": 1, "enable_external_file_cache": False})
        # it would be printed into the JSON of a command
        _KEPT.connection.execute("SET enable_progress_bar = false")
    connection: duckdb.DuckDBPyConnection = _KEPT.connection
    return connection


def _close() -> None:
    if hasattr(_KEPT, "connection"):
        _KEPT.connection.close()
        del _KEPT.connection


# a forked process would wait for ever for a thread of the database that it does not have
os.register_at_fork(before=_close)


def _replace(connection: "duckdb.DuckDBPyConnection", views: Sequence[View]) -> None:
    """Replace the views that are new or changed; a view's mark ends its comment."""
    query = "SELECT schema_name, view_name, comment FROM duckdb_views()"
    query += f" WHERE database_name = '{_FILE}' AND NOT internal"
    there = {(schema, name): comment or "" for schema, name, comment in connection.execute(query).fetchall()}
    gone = there.keys() - {(view.schema, view.name) for view in views}
    new = [view for view in views if not there.get((view.schema, view.name), "").endswith(_marked(view))]
    schemas = {BY_VERSION, *(view.schema for view in views)} - {MAIN}
    changes = [f"CREATE SCHEMA IF NOT EXISTS {column(schema)}" for schema in sorted(schemas)]
    changes += [f"DROP VIEW {column(schema)}.{column(name)}" for schema, name in gone]
    changes += map(_create, new)
    try:
        # in one transaction, as each is synced
        connection.execute(";".join(["BEGIN", *changes]))
        connection.execute(";".join([*_comments(connection, new), "COMMIT"]))
    except duckdb.IOException:
        connection.execute("ROLLBACK")
        for change in changes:
            # a version whose files are gone must not keep the others from being read
            with suppress(duckdb.IOException):
                connection.execute(change)


def _create(view: View) -> str:
    name, about = _name(view), quoted(f"{view.about().text} {_marked(view)}".lstrip())
    return f"CREATE OR REPLACE VIEW {name} AS {view.sql()}; COMMENT ON VIEW {name} IS {about}"


def _comments(connection: "duckdb.DuckDBPyConnection", views: Sequence[View]) -> Iterator[str]:
    """What the columns of views mean; single versions have the same columns, and would cost as much again."""
    query = "SELECT table_name, column_name FROM duckdb_columns()"
    query += f" WHERE database_name = '{_FILE}' AND schema_name = '{MAIN}'"
    there = set(connection.execute(query).fetchall()) if views else set()
    for view in views:
        if view.schema == MAIN:
            for name, meaning in view.about().columns.items():
                # which a version of earlier days may lack
                if (view.name, name) in there:
                    yield f"COMMENT ON COLUMN {_name(view)}.{column(name)} IS {quoted(meaning)}"


def _name(view: View) -> str:
    return f"{column(view.schema)}.{column(view.name)}"


def _marked(view: View) -> str:
    return f"[{view.mark}]"
