"""A page of a version's rows: filtered, in an order, from the row after which the last page ended."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
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


@dataclass(frozen=True)
class RowsPage:
    """Rows of a version, and where the next page begins; None after the last."""

    rows: Sequence[ResultRow]
    after: str | None


def columns_of(registry: Registry, version: Version) -> dict[str, str]:
    """The version's columns and their SQL types."""
    with scanning(registry.state) as connection:
        return types(connection, registry.files(version))


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
    source = parquet(registry.files(version))
    with scanning(registry.state) as connection:
        return _page(connection, source, row_type(version).key, conditions, order, after, limit)


def _page(
    connection: "duckdb.DuckDBPyConnection",
    source: str,
    key: Sequence[str],
    conditions: Sequence[Condition],
    order: Order | None,
    after: str | None,
    limit: int,
) -> RowsPage:
    rank = f"coalesce(({order.sql})::DOUBLE, {_LAST})" if order else "0"
    place = f"{rank}, {columns(key)}" if order else columns(key)
    wanted = list(conditions)
    if after is not None:
        wanted.append(_behind(after, place, key, order))
    where = all_of(wanted)
    found = records(
        connection,
        f"SELECT *, {rank} AS {column(_RANK)} FROM {source} WHERE {where.sql} ORDER BY {place}"
        f" LIMIT {int(limit) + 1}",
        list(where.values),
    )
    rows = found[:limit]
    further = _place(rows[-1], key, order) if len(found) > limit else None
    return RowsPage([{name: row[name] for name in row if name != _RANK} for row in rows], further)


def _place(row: Mapping[str, object], key: Sequence[str], order: Order | None) -> str:
    return json.dumps([*([row[_RANK]] if order else []), *(row[name] for name in key)])


def _behind(after: str, place: str, key: Sequence[str], order: Order | None) -> Condition:
    try:
        values = json.loads(after)
    except ValueError:
        values = None
    number = len(key) + (order is not None)
    fits = isinstance(values, list) and len(values) == number
    if not fits or not all(isinstance(value, str | int | float) for value in values):
        raise BadInput(f"{after[:80]!r} is no place in these rows: begin at the first page")
    # of one column a scan skips what lies before, which it does not of several
    marks = ", ".join("?" * number)
    return Condition(f"{place} > ?" if number == 1 else f"({place}) > ({marks})", tuple(values))


def options(registry: Registry, version: Version, sql: str, most: int = 60) -> Sequence[str]:
    """The values that an expression has in the version's rows, sorted; at most ``most``."""
    return _values(registry.state.root, tuple(registry.files(version)), sql, most)


# files of a version never change
@lru_cache(maxsize=256)
def _values(root: Path, files: tuple[Path, ...], sql: str, most: int) -> tuple[str, ...]:
    query = f"SELECT DISTINCT {sql} AS value FROM {parquet(files)} ORDER BY 1 LIMIT {int(most)}"
    with scanning(State(root)) as connection:
        return tuple(row["value"] for row in records(connection, query) if row["value"] is not None)
