"""The format that a file is read in: rows of ours, a recognised format, or columns by a map."""

from collections.abc import Mapping, Sequence

from datasets_registry.errors import BadInput
from datasets_registry.importing.filling import required_columns
from datasets_registry.importing.format import Format
from datasets_registry.importing.formats import FORMATS
from datasets_registry.importing.mapping import mapped, require_columns
from datasets_registry.importing.records import Columns
from datasets_registry.rows.row import Row

# rows with the columns of a row type, as an export has them
OWN_ROWS = "rows"


def chosen_format(
    first: Sequence[Columns],
    types: Sequence[type[Row]],
    mapping: Mapping[str, str],
    named: str | None = None,
) -> Format:
    """The format of a file that begins with the rows ``first``; raises BadInput where it cannot be told.

    Its rows become those of one of ``types``. ``named`` is the row type that an export names itself. It
    decides among those that its columns fit.
    """
    names = list(dict.fromkeys(name for columns in first for name in columns))
    if mapping:
        return _by_columns(names, types, mapping)
    own = _own_rows(set(names), types)
    own = [row for row in own if row.dataset == named] or own
    if len(own) == 1:
        return _columns_format(OWN_ROWS, own[0], {})
    for known in FORMATS:
        if known.row in types and any(map(known.recognise, first)):
            return known
    if len(own) > 1:
        fitting = [row.dataset for row in own]
        raise BadInput(
            f"the columns are those of {' and '.join(fitting)}, and no card beside the file says which: add "
            f"--like {' or --like '.join(fitting)}"
        )
    return _by_columns(names, types, mapping)


def _own_rows(names: set[str], types: Sequence[type[Row]]) -> list[type[Row]]:
    """The row types with exactly these columns, else those that have them all and lack only optional ones."""
    having = [row for row in types if names <= row.model_fields.keys()]
    exact = [row for row in having if names == row.model_fields.keys()]
    return exact or [row for row in having if names >= _without_default(row)]


def _without_default(row: type[Row]) -> set[str]:
    return {column for column, field in row.model_fields.items() if field.is_required()}


def _by_columns(names: Sequence[str], types: Sequence[type[Row]], mapping: Mapping[str, str]) -> Format:
    like = types[0] if len(types) == 1 else None
    there = f"the file has the columns {', '.join(map(repr, names)) or 'none'}"
    if like is None and set(names) == {"text"}:
        raise BadInput(
            f"{there} alone, which is text for language modelling, and no row holds that: import the "
            "messages that it was made from, or, where each text is a prompt, add --like helpful_prompts "
            "--map prompt=text --map category==unstated"
        )
    if like is None:
        raise BadInput(
            f"{there}, which is not a known format: give --like ROW_TYPE "
            f"({', '.join(row.dataset for row in types)}) and --map column=source"
        )
    require_columns(mapping, like)
    missing = [name for name in required_columns(like) if name not in names and name not in mapping]
    if missing:
        raise BadInput(
            f"{there}, and {like.dataset} needs {', '.join(required_columns(like))}: "
            f"add --map {' --map '.join(f'{name}=…' for name in missing)}"
        )
    return _columns_format("map" if mapping else "columns", like, mapping)


def _columns_format(name: str, row: type[Row], mapping: Mapping[str, str]) -> Format:
    return Format(name, 1, row, lambda _: True, lambda columns: mapped(columns, mapping, row), mapped=True)
