"""Questions to ``catalog.duckdb``: over the files of its views and no others, by DuckDB's own locks."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from datasets_registry.catalog.line import MAIN as MAIN_LINE
from datasets_registry.catalog.line import Line
from datasets_registry.errors import BadInput, first_line
from datasets_registry.state import State
from datasets_registry.views.files import directories, literal
from datasets_registry.views.plain_names import require_own, search_path
from datasets_registry.views.scanning import UNSOUND, ResultTuple, spill_folder

# PIVOT is several statements
_QUERIES = ("SELECT", "EXPLAIN", "MULTI")
# what EXPLAIN ANALYZE explains is run
_EXPLAIN = re.compile(r"\s*EXPLAIN\b\s*(ANALYZE\b\s*)?(\((?:ANALYZE|FORMAT)\b[^()]*\))?", re.IGNORECASE)
_ANY_FILE = "`--write-files` takes any statement, and opens any file"


# quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
@contextmanager
def open_views(state: State) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection that only reads the file of the views; raises BadInput where another client holds it."""
    try:
        connection = duckdb.connect(state.views, read_only=True)
    except duckdb.IOException as error:
        holder = re.search(r"held in (.+ \(PID \d+\))", str(error))
        if holder is None:
            raise
        raise BadInput(
            f"{state.views} is open for writing in {holder[1]}: close it, and open it by "
            f"`duckdb -readonly {state.views}`, beside which others can read"
        ) from error
    with connection:
        # it would be printed into the JSON of a command
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET disabled_optimizers = '{UNSOUND}'")
        yield connection


def ask(
    state: State, query: str, *, any_file: bool = False, line: Line = MAIN_LINE
) -> tuple[list[str], list[ResultTuple]]:
    """The columns' names, each once, and the rows of a query, whose plain names are those of ``line``.

    Unless ``any_file``, it must be a query, and files beyond those of the views are closed to it. Raises
    BadInput where that is not so, and DuckDB's error where the query is wrong.
    """
    with _open_to(query, state, any_file=any_file, line=line) as connection:
        result = connection.execute(query)
        return distinct([column[0] for column in result.description or []]), result.fetchall()


def ask_arrow(state: State, query: str, line: Line = MAIN_LINE) -> pa.Table:
    """The same answer in columns; no other files are opened. Raises as ``ask`` does."""
    with _open_to(query, state, line=line) as connection:
        table = connection.sql(query).to_arrow_table()
        return table.rename_columns(distinct(table.column_names))


@contextmanager
def _open_to(
    query: str, state: State, *, any_file: bool = False, line: Line = MAIN_LINE
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection in which the query may be run."""
    if not duckdb.extract_statements(query):
        raise BadInput("the query is empty: write a SELECT, or SHOW TABLES")
    with open_views(state) as connection:
        connection.execute(f"SET search_path = '{search_path(query, line)}'")
        if line.experiment:
            require_own(_EXPLAIN.sub("", query, count=1), connection, line)
        if not any_file:
            _require_queries(query)
            lock(connection, state)
        try:
            yield connection
        except duckdb.PermissionException as error:
            raise BadInput(f"{first_line(error)}: {_ANY_FILE}") from error


def lock(connection: "duckdb.DuckDBPyConnection", state: State) -> None:
    """Close everything to the connection but the folders that views read; and no query opens it again."""
    folders = directories((state.objects, state.tables, state.ledger))
    connection.execute(
        f"SET temp_directory = {literal(spill_folder(state, 'sql-'))}; SET allowed_directories = {folders};"
        "SET enable_external_access = false; SET lock_configuration = true"
    )


def _require_queries(query: str) -> None:
    """Raise BadInput unless each statement only reads: DuckDB's locks let COPY write into open folders."""
    for statement in duckdb.extract_statements(query):
        kind = statement.type.name
        if kind not in _QUERIES:
            raise BadInput(f"{kind} is no query, and this only reads: write a SELECT or SHOW; {_ANY_FILE}")
        if kind == "EXPLAIN":
            # DuckDB gives the statement without a comment before it
            _require_queries(_EXPLAIN.sub("", statement.query, count=1))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, in which one that comes again has a number: ``a``, ``a_1``."""
    taken, chosen = set(names), list[str]()
    for name in names:
        candidate, number = name, 0
        while candidate in chosen or (number and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        chosen.append(candidate)
    return chosen
