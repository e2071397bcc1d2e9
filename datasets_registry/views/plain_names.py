"""The plain names of a query in an experiment: each is its own, what is imported, or a view of all lines."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from datasets_registry.catalog.line import Line
from datasets_registry.errors import BadInput
from datasets_registry.version import experiment_of
from datasets_registry.views.meanings import SMALL
from datasets_registry.views.unions import BY_VERSION, MAIN, by_version_of

if TYPE_CHECKING:
    import duckdb

_OF_TEXT = re.compile(r"\bquery(_table)?\b\s*\(", re.IGNORECASE)
_NAME = re.compile(r"""(?<![\w.@])(?<!\."|\.')\w+(?:@\w+)?""")


def search_path(query: str, line: Line) -> str:
    """The schemas in which a query's plain names are looked for."""
    schemas = [line.experiment, MAIN] if line.experiment else [MAIN]
    if "@" in query:
        # a version is found by its name alone, and SHOW TABLES lists datasets alone
        schemas += [by_version_of(line.experiment)] if line.experiment else []
        schemas.append(BY_VERSION)
    return ",".join(schemas)


def require_own(query: str, connection: "duckdb.DuckDBPyConnection", line: Line) -> None:
    """Raise BadInput for a plain name that is the main line's own, into which DuckDB looks last."""
    rows = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    own = {name for schema, name in rows if schema in (line.experiment, by_version_of(line.experiment))}
    of_main = {name for schema, name in rows if schema in (MAIN, BY_VERSION)} - own - SMALL.keys()
    for name in sorted(_plain_names(query, connection)):
        plain = name.partition("@")[0]
        if name in of_main and plain not in line.shared and not experiment_of(name):
            schema = MAIN if name == plain else BY_VERSION
            raise BadInput(
                f"experiment {line.experiment!r} has no {name!r}: build it there, or write "
                f'{schema}."{name}" for that of the main line'
            )


def _plain_names(query: str, connection: "duckdb.DuckDBPyConnection") -> set[str]:
    """The tables without a schema in the query, less those that it defines.

    DuckDB parses a SELECT for us. Of PIVOT, of EXPLAIN behind another statement, and of what ``query`` and
    ``query_table`` are given, each name that no dot precedes is taken for a table's.
    """
    found = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [query]).fetchone()
    parsed = json.loads(found[0]) if found else {"error": True}
    if parsed["error"] or _OF_TEXT.search(query):
        return {name.lower() for name in _NAME.findall(query)}
    return set(_tables(parsed, frozenset()))


def _tables(parsed: Any, defined: frozenset[str]) -> Iterator[str]:
    """The tables in a part of a query, before which ``defined`` are.

    DuckDB sees no difference between capitals and others, and what a WITH defines may read a table of its
    own name.
    """
    if isinstance(parsed, list):
        for inner in parsed:
            yield from _tables(inner, defined)
    if not isinstance(parsed, dict):
        return
    for each in parsed.get("cte_map", {}).get("map", ()):
        yield from _tables(each["value"], defined)
        defined |= {each["key"].lower()}
    if "cte_name" in parsed:
        defined |= {parsed["cte_name"].lower()}
    name = parsed.get("table_name", "").lower()
    if parsed.get("type") == "BASE_TABLE" and not parsed["schema_name"] and name not in defined:
        yield name
    for key, inner in parsed.items():
        if key != "cte_map":
            yield from _tables(inner, defined)
