"""What a chunk of rows says, as a hash: of values, whatever Arrow's layout or a writer made of them."""

import hashlib
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.hashing import canonical

HASH_SCHEME = 2


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


def content_hash(table: pa.Table) -> str:
    """SHA-256 of a conforming table's columns: names, types, nulls, lengths and values, column by column.

    Strings of any width, dictionaries, slices and what lies under a null hash alike; so do all NaNs, and
    both zeros. The layout that is hashed is written down in docs/storage.md, and HASH_SCHEME numbers it.
    """
    found = hashlib.sha256(canonical([[one.name, type_name(one.type)] for one in table.schema]))
    for column in table.combine_chunks().columns:
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        _feed(found, array)
    return found.hexdigest()


def type_name(kind: pa.DataType) -> str:
    """A type's name that no version of Arrow changes: ``list<struct<text: string, label: int64>>``."""
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = ", ".join(f"{one.name}: {type_name(one.type)}" for one in kind)
        return f"struct<{fields}>"
    return str(kind)


def _feed(found: _Hash, array: pa.Array) -> None:
    _feed_nulls(found, array)
    kind = array.type
    if pa.types.is_list(kind):
        _feed_numbers(found, pc.fill_null(pc.list_value_length(array), 0))
        _feed(found, array.flatten())
    elif pa.types.is_struct(kind):
        for child in array.flatten():
            _feed(found, child)
    elif pa.types.is_string(kind):
        _feed_text(found, pc.fill_null(array, "") if array.null_count else array)
    else:
        _feed_scalars(found, array)


def _feed_nulls(found: _Hash, array: pa.Array) -> None:
    """Lengths first, so that no two arrays run into one another."""
    found.update(np.array([len(array), array.null_count], "<i8").tobytes())
    if array.null_count:
        found.update(np.asarray(array.is_valid()).astype("u1").tobytes())


def _feed_numbers(found: _Hash, array: pa.Array) -> None:
    found.update(np.asarray(array).astype("<i8").tobytes())


def _feed_text(found: _Hash, array: pa.Array) -> None:
    _feed_numbers(found, pc.binary_length(array))
    _, offsets, data = array.buffers()
    if len(array) and data is not None:
        ends = np.frombuffer(offsets, "<i4")[array.offset : array.offset + len(array) + 1]
        found.update(memoryview(data)[ends[0] : ends[-1]])


def _feed_scalars(found: _Hash, array: pa.Array) -> None:
    kind = array.type
    if pa.types.is_floating(kind):
        values = np.asarray(pc.fill_null(array, 0.0)) + 0.0
        found.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
    elif pa.types.is_boolean(kind):
        found.update(np.asarray(pc.fill_null(array, False)).astype("u1").tobytes())
    else:
        _feed_numbers(found, pc.fill_null(array.cast(pa.int64()), 0))
