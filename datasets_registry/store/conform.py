"""Rows in the columns, types, nulls and choices of their row type, or an error naming row and column."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.errors import BadInput
from datasets_registry.store.content_hash import type_name


class Conformer:
    """Checks the tables of a dataset in their order of arrival; counts rows, to name the wrong ones."""

    def __init__(
        self, dataset: str, schema: pa.Schema, key: Sequence[str], choices: Mapping[str, Sequence[str]]
    ) -> None:
        self.dataset, self.schema, self.key, self.choices = dataset, schema, key, choices
        self.num_rows = 0

    def conform(self, table: pa.Table) -> pa.Table:
        """``table`` with the schema's columns and types; raises BadInput where it does not fit."""
        for name in self.schema.names:
            if name not in table.column_names:
                raise BadInput(
                    f"{self.dataset}: column {name!r} is missing: the rows have {table.column_names}"
                )
        more = [name for name in table.column_names if name not in self.schema.names]
        if more:
            raise BadInput(f"{self.dataset}: column {more[0]!r} is not in its row type: leave it out")
        columns = [self._column(table, field) for field in self.schema]
        self.num_rows += table.num_rows
        return pa.table(columns, schema=self.schema).combine_chunks()

    def _column(self, table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
        values = table[field.name]
        if not _alike(values.type, field.type):
            raise BadInput(
                f"{self.dataset}: column {field.name!r} is {type_name(values.type)} in the rows, and "
                f"{type_name(field.type)} in the row type"
            )
        try:
            column = _cast(values, field.type)
        except pa.ArrowInvalid as error:
            raise BadInput(f"{self.dataset}: column {field.name!r}: {error}") from error
        self._require(table, field.name, _null_rows(column, field), "is null, and must not be")
        if field.name in self.choices:
            known = pa.array(self.choices[field.name], pa.string())
            strange = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, known)))
            self._require(table, field.name, strange, f"is not one of {', '.join(self.choices[field.name])}")
        return column

    def _require(self, table: pa.Table, name: str, wrong: pa.ChunkedArray | None, what: str) -> None:
        index = -1 if wrong is None else pc.index(wrong, True).as_py()
        if index >= 0:
            key = {part: table[part][index].as_py() for part in self.key if part in table.column_names}
            value = str(table[name][index].as_py())[:80]
            raise BadInput(
                f"{self.dataset}: row {self.num_rows + index} ({key}): column {name!r} ({value}) {what}"
            )


def _alike(kind: pa.DataType, target: pa.DataType) -> bool:
    """Whether ``kind`` is ``target`` in another width, unit or encoding, so that no value changes kind."""
    if pa.types.is_dictionary(kind):
        return _alike(kind.value_type, target)
    if pa.types.is_null(kind):
        return True
    if pa.types.is_list(target):
        return _is_list(kind) and _alike(kind.value_type, target.value_type)
    if pa.types.is_struct(target):
        return pa.types.is_struct(kind) and all(
            kind.get_field_index(field.name) >= 0 and _alike(kind.field(field.name).type, field.type)
            for field in target
        )
    if pa.types.is_floating(target):
        numeric = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
        return any(is_kind(kind) for is_kind in numeric)
    kinds = (_is_text, pa.types.is_integer, pa.types.is_boolean, pa.types.is_timestamp)
    return any(is_kind(kind) and is_kind(target) for is_kind in kinds)


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    lists = (types.is_list, types.is_large_list, types.is_list_view, types.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in lists)


def _is_text(kind: pa.DataType) -> bool:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(is_kind(kind) for is_kind in texts)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    return pa.chunked_array([_cast_array(chunk, kind) for chunk in column.chunks], kind)


def _cast_array(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Arrow's own cast, and what it lacks: a struct's fields by name, in any order."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_struct(kind) and pa.types.is_struct(array.type):
        values = dict(zip([field.name for field in array.type], array.flatten(), strict=True))
        children = [_cast_array(values[field.name], field.type) for field in kind]
        mask = pc.invert(array.is_valid()) if array.null_count else None
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=mask)
    if pa.types.is_list(kind) and _is_list(array.type):
        lengths = pc.fill_null(pc.list_value_length(array).cast(pa.int32()), 0)
        ends = pc.cumulative_sum(lengths)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        mask = pc.invert(array.is_valid()) if array.null_count else None
        return pa.ListArray.from_arrays(
            offsets, _cast_array(array.flatten(), kind.value_type), kind, mask=mask
        )
    return array.cast(kind)


def _null_rows(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray | None:
    """Which rows have a null where it is not allowed, at any depth; None where no row has."""
    if not field.nullable and column.null_count:
        return pc.is_null(column)
    before = 0
    for array in column.chunks:
        if _has_inner_null(array, field.type):
            wrong = [_has_inner_null(array.slice(index, 1), field.type) for index in range(len(array))]
            return pa.chunked_array([pa.array([False] * before + wrong)])
        before += len(array)
    return None


def _has_inner_null(array: pa.Array, kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        inner = array.flatten()
        return (not kind.value_field.nullable and inner.null_count > 0) or _has_inner_null(
            inner, kind.value_type
        )
    if pa.types.is_struct(kind):
        present = array.filter(array.is_valid()) if array.null_count else array
        return any(
            (not field.nullable and child.null_count > 0) or _has_inner_null(child, field.type)
            for field, child in zip(kind, present.flatten(), strict=True)
        )
    return False
