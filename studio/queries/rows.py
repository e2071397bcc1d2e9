"""A page of a version's rows: filtered, in an order, from the row after which the last page ended."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.rows.types import row_type
from datasets_registry.state import State
from datasets_registry.version import Version
from datasets_registry.views.files import parquet, types
from datasets_registry.views.scanning import ResultRow, column, columns, records, scanning
from studio.queries.filters import Condition, Order, all_of

ROWS = 25
_RANK = "studio rank"
# rows without a number in the order's terms
_LAST = "1e308"
_INT64 = 1 << 63
_PYTHON: Mapping[str, tuple[type, ...]] = {"string": (str,), "bool": (bool,), "double": (float, int)}


@dataclass(frozen=True)
class RowsPage:
    """Rows of a version, and where the next page begins; None after the last."""

    rows: Sequence[ResultRow]
    after: str | None


def columns_of(registry: Registry, version: Version) -> Mapping[str, str]:
    """The version's columns and their SQL types."""
    return _columns(registry.state.root, tuple(registry.files(version)))


# files of a version never change
@lru_cache(maxsize=256)
def _columns(root: Path, files: tuple[Path, ...]) -> Mapping[str, str]:
    with scanning(State(root)) as connection:
        return types(connection, files)


def rows_page(
    registry: Registry,
    version: Version,
    conditions: Sequence[Condition] = (),
    order: Order | None = None,
    after: str | None = None,
    limit: int = ROWS,
) -> RowsPage:
    """``limit`` rows of the version after ``after``, which a page before gave.

    Raises BadInput where ``after`` is of no such page, BrokenObject where a file cannot be read.
    """
    files, key = registry.files(version), row_type(version).key
    rank = f"coalesce(({order.sql})::DOUBLE, {_LAST})" if order else "0"
    place = f"{rank}, {columns(key)}" if order else columns(key)
    wanted = [*conditions, *([] if after is None else [_behind(after, place, row_type(version), order)])]
    # texts are the most of a row, and few rows are shown: those alone are read whole
    narrow = bool(order or conditions)
    selected = f"{columns(key)}, {rank} AS {column(_RANK)}" if narrow else "*"
    with scanning(registry.state) as connection:
        scan = _Scan(connection, selected, all_of(wanted), place)
        found, read = (scan.rows if order else scan.first_rows)(files, limit + 1)
        further = _place(found[limit - 1], key, order) if len(found) > limit else None
        rows = rows_of_keys(connection, read, key, found[:limit]) if narrow else found[:limit]
    return RowsPage(rows, further)


def num_matching(registry: Registry, version: Version, conditions: Sequence[Condition]) -> int:
    """How many rows of the version keep the conditions."""
    where = all_of(conditions)
    query = f"SELECT count(*) AS number FROM {parquet(registry.files(version))} WHERE {where.sql}"
    with scanning(registry.state) as connection:
        return int(records(connection, query, list(where.values))[0]["number"])


@dataclass(frozen=True)
class _Scan:
    """A query of a page's rows; each of its answers has the files that it was read from beside it."""

    # quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
    connection: "duckdb.DuckDBPyConnection"
    selected: str
    where: Condition
    place: str

    def rows(self, files: Sequence[Path], limit: int) -> tuple[list[ResultRow], Sequence[Path]]:
        """The first ``limit`` rows."""
        query = (
            f"SELECT {self.selected} FROM {parquet(files)} WHERE {self.where.sql}"
            f" ORDER BY {self.place} LIMIT {int(limit)}"
        )
        return records(self.connection, query, list(self.where.values)), files

    def first_rows(self, files: Sequence[Path], limit: int) -> tuple[list[ResultRow], Sequence[Path]]:
        """The same in key order, which is that of the files: twice as many each time, until it is enough."""
        found: list[ResultRow] = []
        start, number = 0, 1
        while start < len(files) and len(found) < limit:
            found += self.rows(files[start : start + number], limit - len(found))[0]
            start, number = start + number, number * 2
        return found, files[:start]


def rows_of_keys(
    connection: "duckdb.DuckDBPyConnection",
    files: Sequence[Path],
    key: Sequence[str],
    places: Sequence[ResultRow],
) -> list[ResultRow]:
    """The whole rows, in these files, that have the keys of ``places``, in their order."""
    if not places:
        return []
    keys = [tuple(row[name] for name in key) for row in places]
    # the first column by itself lets a scan skip what lies elsewhere
    marks = ", ".join("?" * len(keys))
    each = ", ".join([f"({', '.join('?' * len(key))})"] * len(keys))
    query = (
        f"SELECT * FROM {parquet(files)} WHERE {column(key[0])} IN ({marks}) AND ({columns(key)}) IN ({each})"
    )
    values = [*(whole[0] for whole in keys), *(part for whole in keys for part in whole)]
    rows = {tuple(row[name] for name in key): row for row in records(connection, query, values)}
    return [rows[whole] for whole in keys]


def _place(row: Mapping[str, object], key: Sequence[str], order: Order | None) -> str:
    return json.dumps([*([row[_RANK]] if order else []), *(row[name] for name in key)])


def _behind(after: str, place: str, row: type[Row], order: Order | None) -> Condition:
    try:
        values = json.loads(after)
    except (ValueError, RecursionError):
        values = None
    types = [*(["double"] if order else []), *(str(arrow_schema(row).field(name).type) for name in row.key)]
    fits = isinstance(values, list) and len(values) == len(types)
    if not fits or not all(map(_is_of, values, types)):
        raise BadInput(f"{after[:80]!r} is no place in these rows: begin at the first page")
    # of one column a scan skips what lies before, which it does not of several
    marks = ", ".join("?" * len(types))
    return Condition(f"{place} > ?" if len(types) == 1 else f"({place}) > ({marks})", tuple(values))


def _is_of(value: object, arrow_type: str) -> bool:
    """Whether a value can be compared with those of a column."""
    if arrow_type == "int64":
        return type(value) is int and -_INT64 <= value < _INT64
    return type(value) in _PYTHON[arrow_type]


def options(registry: Registry, version: Version, sql: str, most: int = 60) -> Sequence[str]:
    """The values that an expression has in the version's rows, sorted; at most ``most``."""
    return _values(registry.state.root, tuple(registry.files(version)), sql, most)


# files of a version never change
@lru_cache(maxsize=256)
def _values(root: Path, files: tuple[Path, ...], sql: str, most: int) -> tuple[str, ...]:
    query = f"SELECT DISTINCT {sql} AS value FROM {parquet(files)} ORDER BY 1 LIMIT {int(most)}"
    with scanning(State(root)) as connection:
        return tuple(row["value"] for row in records(connection, query) if row["value"] is not None)
