"""The rows that make a check red: five of them, how many there are, and SQL that finds them."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datasets_registry.registry import Registry
from datasets_registry.rows.row import arrow_schema
from datasets_registry.rows.types import ROW_TYPES, row_type, rows_of
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow, column, quoted, records, scanning
from quality.auditing.red.derived import COUNTED, offending, one_line
from quality.checks.check import Check, create_view

if TYPE_CHECKING:
    import duckdb

SHOWN = 5
MOST_COLUMNS = 6
_NUMBER = "number of all"


@dataclass(frozen=True)
class Offenders:
    """``number`` rows offend, of which ``rows`` are some, and ``sql`` finds them in `trimtab sql`.

    Of a figure of the whole, in which no rows offend, ``sql`` computes it, and is None where a program does.
    """

    sql: str | None
    number: int | None = None
    rows: Sequence[ResultRow] = field(default=())


def find_offenders(
    check: Check, value: float | None, registry: Registry, version: Version, inputs: Iterable[Version]
) -> Offenders:
    """The rows of ``version`` for which ``check`` is red; its figure is ``value``, None of nothing measured.

    Where DuckDB cannot list them, such as of another's check, there is the SQL of the figure alone.
    """
    import duckdb

    sources = _sources(check, version, inputs)
    settings = dict(registry.derivation(version).settings)
    key = row_type(version).key
    with scanning(registry.state) as connection:
        named = {str(source): source for several in sources.values() for source in several}
        for name, source in named.items():
            create_view(connection, name, registry, [source])
        query = None if value is None else offending(check, key, value)
        if query is not None:
            try:
                return _found(connection, _standing(connection, query, sources, settings), check, key)
            except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
                pass
        if callable(check.measure):
            return Offenders(None)
        return Offenders(" ".join(_standing(connection, one_line(check.measure), sources, settings)))


def _sources(check: Check, version: Version, inputs: Iterable[Version]) -> dict[str, list[Version]]:
    """The versions that each name in the check's SQL stands for."""
    by_name: dict[str, list[Version]] = {
        "this": [version],
        **{name: [] for name in (*check.reads, *check.own)},
    }
    for source in inputs:
        if source.kind == "dataset" and rows_of(source) in by_name:
            by_name[rows_of(source)].append(source)
    return by_name


def _standing(
    connection: "duckdb.DuckDBPyConnection",
    query: str,
    sources: dict[str, list[Version]],
    settings: dict[str, object],
) -> tuple[str, str]:
    """What says which versions the names in ``query`` stand for, and the query with the settings in it."""
    named = [name for name in sources if re.search(rf"\b{name}\b", query)]
    views = [f"{column(name)} AS ({_rows(connection, name, sources[name], query)})" for name in named]
    if "$settings" in query:
        used = {name: value for name, value in settings.items() if re.search(rf"\b{name}\b", query)}
        query = query.replace("$settings", quoted(json.dumps(used)))
    return f"WITH {', '.join(views)}" if views else "", query


def _rows(connection: "duckdb.DuckDBPyConnection", name: str, versions: Sequence[Version], query: str) -> str:
    if versions:
        return " UNION ALL BY NAME ".join(f"FROM {column(str(version))}" for version in versions)
    # nothing of this kind was made: no rows with the columns that are asked for
    connection.register("nothing", arrow_schema(ROW_TYPES[name]).empty_table())
    described = connection.execute("DESCRIBE nothing").fetchall()
    empty = [
        f"NULL::{kind} AS {column(field)}"
        for field, kind, *_ in described
        if re.search(rf"\b{field}\b", query)
    ]
    return f"SELECT {', '.join(empty) or 'NULL AS none'} WHERE false"


def _found(
    connection: "duckdb.DuckDBPyConnection", standing: tuple[str, str], check: Check, key: Sequence[str]
) -> Offenders:
    views, query = standing
    described = connection.execute(f"DESCRIBE {views} SELECT * FROM ({query})").fetchall()
    shown = _shown([name for name, *_ in described], query, key)
    listed = ", ".join(map(column, shown))

    def sql(more: str = "") -> str:
        return f"{views} SELECT {listed}{more} FROM ({query}) ORDER BY ALL LIMIT {SHOWN}".strip()

    rows = records(connection, sql(f", count(*) OVER () AS {column(_NUMBER)}"))
    number = int(rows[0][_NUMBER]) if rows else 0
    return Offenders(sql(), number, [{name: row[name] for name in shown} for row in rows])


def _shown(known: Sequence[str], query: str, key: Sequence[str]) -> list[str]:
    """The columns that name a row, and those that the check looks at, also of what it compares with."""
    ids = [name for name in key if name in known]
    read = [name for name in known if name not in (*ids, COUNTED) and _is_read(name, query)]
    return [*ids, *(read or [name for name in known if name not in ids])][:MOST_COLUMNS]


def _is_read(name: str, query: str) -> bool:
    """Whether the query looks at a column, or its like in what it compares with; a figure's value always."""
    plain_name = re.escape(re.sub(r"[:_][0-9]+$", "", name))
    return name == "value" or re.search(rf"\b{plain_name}\b", query) is not None
