"""How a dataset's columns may change from version to version: by additions, so that old queries still run."""

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.store.content_hash import type_name
from datasets_registry.version import Version


def schema_record(row: type[Row]) -> list[list[object]]:
    """A row type's columns as a version records them: name, type, nullable."""
    return [[field.name, type_name(field.type), field.nullable] for field in arrow_schema(row)]


def require_compatible(row: type[Row], before: Version | None) -> None:
    """Raise BadInput where ``row`` lacks a column of the version before, or gives it another type.

    A struct may gain fields, just as a dataset may gain columns.
    """
    if before is None or "schema" not in before.content:
        return
    columns = {field.name: field.type for field in arrow_schema(row)}
    for name, kind, _ in before.content["schema"]:
        if name not in columns:
            raise BadInput(
                f"column {name!r} of {before} is no longer in its row type, and queries may use it: keep "
                "it as an optional column, or give the dataset another name"
            )
        if not _extends(columns[name], kind):
            raise BadInput(
                f"column {name!r} is {kind} in {before}, and {type_name(columns[name])} in its row type: "
                "add a column of another name instead"
            )


def _extends(kind: pa.DataType, before: str) -> bool:
    """Whether ``kind`` is ``before`` or has more fields in its structs."""
    if type_name(kind) == before:
        return True
    if pa.types.is_list(kind) and before.startswith("list<"):
        return _extends(kind.value_type, before.removeprefix("list<").removesuffix(">"))
    if pa.types.is_struct(kind) and before.startswith("struct<"):
        types = {field.name: field.type for field in kind}
        fields = _fields(before.removeprefix("struct<").removesuffix(">"))
        return all(name in types and _extends(types[name], inner) for name, inner in fields)
    return False


def _fields(inside: str) -> list[tuple[str, str]]:
    """``a: int64, b: list<string>`` as pairs, with regard to brackets."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(inside + ","):
        depth += (letter in "<[") - (letter in ">]")
        if letter == "," and depth == 0:
            name, _, kind = inside[start:index].strip().partition(": ")
            parts.append((name, kind))
            start = index + 1
    return parts
