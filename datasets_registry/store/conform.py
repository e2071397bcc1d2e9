"""Rows as their row type wants them: columns, types, nulls and choices, or an error naming row and column."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.errors import BadInput
from datasets_registry.store.content_hash import type_name


class Conformer:
    """Checks tables of one dataset in their order of arrival; counts rows, to name the one at fault."""

    def __init__(
        self, dataset: str, schema: pa.Schema, key: Sequence[str], choices: Mapping[str, Sequence[str]]
    ) -> None:
        self.dataset, self.schema, self.key, self.choices = dataset, schema, key, choices
        self.num_rows = 0

    def conform(self, table: pa.Table) -> pa.Table:
        """``table`` with the schema's columns and types; raises BadInput where it cannot be had."""
        for name in self.schema.names:
            if name not in table.column_names:
                raise BadInput(
                    f"{self.dataset}: column {name!r} is missing: the rows have {table.column_names}"
                )
        more = [name for name in table.column_names if name not in self.schema.names]
        if more:
            raise BadInput(f"{self.dataset}: column {more[0]!r} is none of its row type's: leave it out")
        columns = [self._column(table, field) for field in self.schema]
        self.num_rows += table.num_rows
        return pa.table(columns, schema=self.schema).combine_chunks()

    def _column(self, table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
        given = table[field.name]
        if not _alike(given.type, field.type):
            raise BadInput(
                f"{self.dataset}: column {field.name!r} is {type_name(given.type)} in the rows, and "
                f"{type_name(field.type)} in the row type"
            )
        try:
            column = _cast(given, field.type)
        except pa.ArrowInvalid as error:
            raise BadInput(f"{self.dataset}: column {field.name!r}: {error}") from error
        self._require(table, field.name, _null_rows(column, field), "is null, which may not be")
        if field.name in self.choices:
            known = pa.array(self.choices[field.name], pa.string())
            strange = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, known)))
            self._require(table, field.name, strange, f"is none of {', '.join(self.choices[field.name])}")
        return column

    def _require(self, table: pa.Table, name: str, wrong: pa.ChunkedArray | None, what: str) -> None:
        place = -1 if wrong is None else pc.index(wrong, True).as_py()
        if place >= 0:
            row = {one: table[one][place].as_py() for one in self.key if one in table.column_names}
            value = str(table[name][place].as_py())[:80]
            raise BadInput(
                f"{self.dataset}: row {self.num_rows + place} ({row}): column {name!r} ({value}) {what}"
            )


def _alike(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether one is the other in another width, unit or encoding, so that no value changes kind."""
    if pa.types.is_dictionary(given):
        return _alike(given.value_type, wanted)
    if pa.types.is_null(given):
        return True
    if pa.types.is_list(wanted):
        return _is_list(given) and _alike(given.value_type, wanted.value_type)
    if pa.types.is_struct(wanted):
        return pa.types.is_struct(given) and all(
            given.get_field_index(one.name) >= 0 and _alike(given.field(one.name).type, one.type)
            for one in wanted
        )
    if pa.types.is_floating(wanted):
        return any(one(given) for one in (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal))
    kinds = (_is_text, pa.types.is_integer, pa.types.is_boolean, pa.types.is_timestamp)
    return any(is_kind(given) and is_kind(wanted) for is_kind in kinds)


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return any(
        one(kind)
        for one in (types.is_list, types.is_large_list, types.is_list_view, types.is_fixed_size_list)
    )


def _is_text(kind: pa.DataType) -> bool:
    return any(one(kind) for one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    return pa.chunked_array([_cast_array(one, kind) for one in column.chunks], kind)


def _cast_array(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """As Arrow's own cast, but for what it lacks: a struct's fields by name, in any order."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_struct(kind) and pa.types.is_struct(array.type):
        given = dict(zip([one.name for one in array.type], array.flatten(), strict=True))
        children = [_cast_array(given[one.name], one.type) for one in kind]
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
    """Which rows have a null where there may be none, at any depth; None where no row has."""
    if not field.nullable and column.null_count:
        return pc.is_null(column)
    before = 0
    for array in column.chunks:
        if _has_inner_null(array, field.type):
            wrong = [_has_inner_null(array.slice(place, 1), field.type) for place in range(len(array))]
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
