"""``--map column=source``: the column of a file, or the text, that fills a column of a row."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.importing.coercion import coerced
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.row import Row


def parsed_map(entries: Sequence[str]) -> dict[str, str]:
    """Sources by column; raises BadInput for an entry that is not ``column=source`` or that comes twice."""
    mapping: dict[str, str] = {}
    for entry in entries:
        column, equals, source = entry.partition("=")
        if not (column and equals and source) or column in mapping:
            raise BadInput(f"--map {entry!r} is not usable: write column=source, once for each column")
        mapping[column] = source
    return mapping


def require_columns(mapping: Mapping[str, str], row: type[Row]) -> None:
    """Raise BadInput where a mapped column is not in the row type."""
    unknown = [name for name in mapping if name not in row.model_fields]
    if unknown:
        raise BadInput(
            f"{row.dataset} has no column {unknown[0]!r} to map to: it has {', '.join(row.model_fields)}"
        )


def mapped(columns: Columns, mapping: Mapping[str, str], row: type[Row]) -> Values:
    """The row's columns: by the map, or else by the same name; raises Rejected where one is missing."""
    same = {name: columns[name] for name in row.model_fields if name in columns}
    return same | {name: picked(columns, source) for name, source in mapping.items()}


def picked(columns: Columns, source: str) -> Value:
    """The value of a column, of ``turns.0`` inside it, of ``a+b`` joined, or of the text ``=text``.

    Raises Rejected where there is no such value.
    """
    if source.startswith("="):
        return source[1:]
    if source in columns:
        return columns[source]
    if "+" in source:
        texts = (coerced(part, picked(columns, part), pa.string()) for part in source.split("+"))
        return " ".join(text.strip() for text in texts if text)
    if "." in source:
        return _inside(columns, source)
    raise Rejected(f"column {source} is missing")


def _inside(columns: Columns, source: str) -> Value:
    value: Value = columns
    for step in source.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Rejected(f"there is no {source}") from None
    return value
