"""``--map column=source``: which column of a file, or which text, fills which column of a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.importing.coercion import coerced
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.row import Row


def parsed_map(entries: Sequence[str]) -> dict[str, str]:
    """Source by column; raises BadInput for an entry that is no ``column=source`` or stands twice."""
    found: dict[str, str] = {}
    for one in entries:
        column, equals, source = one.partition("=")
        if not (column and equals and source) or column in found:
            raise BadInput(f"--map {one!r} is not usable: write column=source, once for each column")
        found[column] = source
    return found


def require_columns(mapping: Mapping[str, str], row: type[Row]) -> None:
    """Raise BadInput where a mapped column is none of the row type's."""
    unknown = [name for name in mapping if name not in row.model_fields]
    if unknown:
        raise BadInput(
            f"{row.dataset} has no column {unknown[0]!r} to map to: it has {', '.join(row.model_fields)}"
        )


def mapped(columns: Mapping[str, Any], mapping: Mapping[str, str], row: type[Row]) -> dict[str, Any]:
    """The row's columns: by the map, or else by the same name."""
    same = {name: columns[name] for name in row.model_fields if name in columns}
    return same | {name: picked(columns, source) for name, source in mapping.items()}


def picked(columns: Mapping[str, Any], source: str) -> Any:
    """The value of a column, of ``turns.0`` inside one, of ``a+b`` joined, or of the text ``=text``."""
    if source.startswith("="):
        return source[1:]
    if source in columns:
        return columns[source]
    if "+" in source:
        parts = (coerced(one, picked(columns, one), pa.string()) for one in source.split("+"))
        return " ".join(one.strip() for one in parts if one)
    if "." in source:
        return _inside(columns, source)
    raise Rejected(f"column {source} is missing")


def _inside(columns: Mapping[str, Any], source: str) -> Any:
    value: Any = columns
    for step in source.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Rejected(f"there is no {source}") from None
    return value
