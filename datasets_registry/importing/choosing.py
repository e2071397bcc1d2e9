"""Which format a file is read as: its own rows', a recognised one, or the columns that a map names."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.importing.filling import wanted
from datasets_registry.importing.formats import FORMATS, Format
from datasets_registry.importing.mapping import mapped, require_columns
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES

Columns = Mapping[str, Any]


def chosen_format(first: Sequence[Columns], like: type[Row] | None, mapping: Mapping[str, str]) -> Format:
    """How to read a file that begins with the rows ``first``; raises BadInput where nobody can tell."""
    names = list(dict.fromkeys(name for one in first for name in one))
    if mapping:
        return _by_columns(names, like, mapping)
    own = [row for row in ROW_TYPES.values() if set(row.model_fields) == set(names) and like in (None, row)]
    if len(own) == 1:
        return _columns_format("rows", own[0], {})
    for one in FORMATS:
        if like in (None, one.row) and any(map(one.recognise, first)):
            return one
    return _by_columns(names, like, mapping)


def _by_columns(names: Sequence[str], like: type[Row] | None, mapping: Mapping[str, str]) -> Format:
    there = f"the file has the columns {', '.join(map(repr, names)) or 'none'}"
    if like is None:
        raise BadInput(
            f"{there}, which is no known format: say --like ROW_TYPE ({', '.join(ROW_TYPES)}) "
            "and --map column=source"
        )
    require_columns(mapping, like)
    missing = [name for name in wanted(like) if name not in names and name not in mapping]
    if missing:
        raise BadInput(
            f"{there} and {like.dataset} wants {', '.join(wanted(like))}: "
            f"add --map {' --map '.join(f'{name}=…' for name in missing)}"
        )
    return _columns_format("map" if mapping else "columns", like, mapping)


def _columns_format(name: str, row: type[Row], mapping: Mapping[str, str]) -> Format:
    return Format(name, 1, row, lambda _: True, lambda columns: mapped(columns, mapping, row))
