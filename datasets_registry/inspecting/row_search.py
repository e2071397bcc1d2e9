"""A row of a dataset version found by its key, and the columns that lead from it to rows of an input."""

from collections.abc import Mapping

import duckdb

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, column, records

MOST_LISTED = 10


def shared_columns(row: type[Row], other: type[Row]) -> list[str]:
    """The columns by which a row finds the rows of an input that it was made from.

    These are columns of its own key that the input has too (``pair_id``); where the input's key has
    none of them, also columns of that key which the row has (``prompt_id``).
    """
    own = [name for name in row.key if name in other.model_fields]
    theirs = [name for name in other.key if name in row.model_fields and name not in own]
    return own if set(own) & set(other.key) else own + theirs


def joined_key(key: Mapping[str, object]) -> str:
    """A row's key as ``find_row`` takes it: its parts as DuckDB writes them, joined by ``/``."""
    return "/".join(str(part).lower() if isinstance(part, bool) else str(part) for part in key.values())


def find_row(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, version: Version, row_id: str
) -> ResultRow:
    """The row whose key, its parts joined by ``/``, is or begins with ``row_id``.

    Each part may be cut short too, as in ``3f9c/ab``. Raises BadInput unless exactly one row fits.
    """
    key, source = row_type(version).key, parquet(registry.files(version))
    whole = f"concat_ws('/', {', '.join(f'{column(name)}::VARCHAR' for name in key)})"
    parts = row_id.split("/")
    by_parts = " AND ".join(
        f"starts_with({column(name)}::VARCHAR, ?)" for name, _ in zip(key, parts, strict=False)
    )
    fits = f"starts_with({whole}, ?)" + (f" OR ({by_parts})" if len(parts) <= len(key) else "")
    values = [row_id, *parts] if len(parts) <= len(key) else [row_id]
    fitting = records(
        connection,
        f"SELECT {whole} AS id, count(*) OVER () AS number FROM {source} WHERE {fits}"
        f" ORDER BY id <> ?, NOT starts_with(id, ? || '/'), id LIMIT {MOST_LISTED + 1}",
        [*values, row_id, row_id],
    )
    if not fitting:
        raise BadInput(
            f"{version} has no row whose {'/'.join(key)} begins with {row_id!r}: `trimtab show {version}`"
            " shows some"
        )
    ids = [row["id"] for row in fitting]
    if ids[0] == row_id or len(ids) == 1:
        return records(connection, f"SELECT * FROM {source} WHERE {whole} = ?", [ids[0]])[0]
    number, listed = fitting[0]["number"], ", ".join(ids[:MOST_LISTED])
    more = f" and {number - MOST_LISTED:,} more" if number > MOST_LISTED else ""
    raise BadInput(
        f"{number:,} rows of {version} begin with {row_id!r} ({listed}{more}): give more of the key"
    )
