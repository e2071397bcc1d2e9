"""A dataset's row as a frozen model, and its Arrow schema."""

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pyarrow as pa


# the names of Arrow's types
_SCALARS: dict[Any, str] = {str: "string", int: "int64", float: "float64", bool: "bool"}


class Part(BaseModel):
    """A row, or what a column of rows holds: never changed, and of exactly the types that its fields say."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Row(Part):
    """A row of a dataset; its fields are the columns, and their descriptions the documentation."""

    dataset: ClassVar[str]
    grain: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    # columns that say what a row is good for; a change in them is a flip
    label_columns: ClassVar[tuple[str, ...]] = ()
    # columns that say where a row came from; no method and no trainer may read them
    provenance: ClassVar[tuple[str, ...]] = ()
    # by column, the value of a row that is of all values together
    stands_for_all: ClassVar[Mapping[str, str]] = {}


def ledger_key(description: str, default: Any = ...) -> Any:
    """A column that names a stored completion."""
    return Field(default, description=description, json_schema_extra={"references": "completions"})


def ledger_keys(row: type[Row]) -> list[str]:
    """The columns that name stored completions."""
    return [
        name
        for name, field in row.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("references")
    ]


def named_completions(row: type[Part], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The stored completions that a row names, each with its column, such as ``turns.completion_key``."""
    for name, field in row.model_fields.items():
        value = values.get(name)
        several = value if isinstance(value, list) else [value] if value else []
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("references"):
            yield from ((name, key) for key in several if key)
        for part in get_args(field.annotation):
            if isinstance(part, type) and issubclass(part, Part):
                for held in several:
                    yield from ((f"{name}.{inner}", key) for inner, key in named_completions(part, held))


def _arrow_type(annotation: Any) -> "tuple[pa.DataType, bool]":
    """The Arrow type of an annotation, and whether it may be null."""
    import pyarrow as pa

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        return _arrow_type(inner)[0], True
    if origin is Literal:
        return pa.string(), False
    if origin in (list, tuple):
        return pa.list_(_arrow_type(arguments[0])[0]), False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(_fields(annotation)), False
    return pa.type_for_alias(_SCALARS[annotation]), False


def _fields(model: type[BaseModel]) -> "list[pa.Field]":
    import pyarrow as pa

    fields = []
    for name, field in model.model_fields.items():
        kind, nullable = _arrow_type(field.annotation)
        fields.append(pa.field(name, kind, nullable=nullable))
    return fields


R = TypeVar("R", bound=Row)


@cache
def arrow_schema(row: type[Row]) -> "pa.Schema":
    """The Arrow schema of a row type: one field per column, nullable only where ``None`` is allowed."""
    import pyarrow as pa

    return pa.schema(_fields(row))


def choices(row: type[Row]) -> dict[str, tuple[str, ...]]:
    """The words that a column may hold, by column, for columns that hold one of a few words."""
    words = {}
    for name, field in row.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        literal = next((kind for kind in kinds if get_origin(kind) is Literal), None)
        if literal is not None:
            words[name] = get_args(literal)
    return words


def to_table(row: type[Row], rows: Sequence[Row]) -> "pa.Table":
    """The rows as one Arrow table of the row type's schema."""
    import pyarrow as pa

    schema = arrow_schema(row)
    # one attribute after another would take twice as long
    values = zip(*map(_values(row), rows), strict=True) if rows else ([] for _ in schema)
    columns = {field.name: _column(field, column) for field, column in zip(schema, values, strict=True)}
    return pa.Table.from_pydict(columns, schema=schema)


@cache
def _values(row: type[Row]) -> Callable[[Row], Sequence[object]]:
    names = arrow_schema(row).names
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda typed: (get(typed),)


def _column(field: "pa.Field", values: Sequence[object]) -> Sequence[object]:
    import pyarrow as pa

    return [_plain(value) for value in values] if pa.types.is_nested(field.type) else values


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump()
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def from_table(row: type[R], table: "pa.Table") -> list[R]:
    """The table's rows as typed rows; columns that the row type lacks are left out."""
    names = [name for name in row.model_fields if name in table.column_names]
    return [row.model_validate(values) for values in table.select(names).to_pylist()]
