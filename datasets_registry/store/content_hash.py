"""What a chunk of rows says, as a hash: of values, whatever Arrow's layout or a writer made of them."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from datasets_registry.hashing import canonical
from datasets_registry.store.values import lengths, numbers, text_bytes, valid

HASH_SCHEME = 2


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


def content_hash(table: pa.Table) -> str:
    """SHA-256 of a conforming table's columns: names, types, nulls, lengths and values, column by column.

    Strings of any width, dictionaries, slices and what lies under a null hash alike; so do all NaNs, and
    both zeros. The layout that is hashed is written down in docs/storage.md, and HASH_SCHEME numbers it.
    """
    found = hashlib.sha256(canonical([[one.name, type_name(one.type)] for one in table.schema]))
    for column in table.columns:
        _feed(found, column.type, column.chunks)
    return found.hexdigest()


def type_name(kind: pa.DataType) -> str:
    """A type's name that no version of Arrow changes: ``list<struct<text: string, label: int64>>``."""
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = ", ".join(f"{one.name}: {type_name(one.type)}" for one in kind)
        return f"struct<{fields}>"
    return str(kind)


def _feed(found: _Hash, kind: pa.DataType, arrays: Sequence[pa.Array]) -> None:
    """One column, whose values are those of all ``arrays``: joined, they would be copied first."""
    _feed_nulls(found, arrays)
    if pa.types.is_list(kind):
        _update(found, map(lengths, arrays), "<i8")
        _feed(found, kind.value_type, [one.flatten() for one in arrays])
    elif pa.types.is_struct(kind):
        children = [one.flatten() for one in arrays]
        for place, field in enumerate(kind):
            _feed(found, field.type, [one[place] for one in children])
    elif pa.types.is_string(kind):
        _update(found, map(lengths, arrays), "<i8")
        for one in arrays:
            found.update(text_bytes(one))
    elif pa.types.is_floating(kind):
        _update(found, (_canonical_floats(numbers(one)) for one in arrays), "<f8")
    else:
        _update(found, map(numbers, arrays), "u1" if pa.types.is_boolean(kind) else "<i8")


def _feed_nulls(found: _Hash, arrays: Sequence[pa.Array]) -> None:
    """Lengths first, so that no two arrays run into one another."""
    nulls = sum(one.null_count for one in arrays)
    found.update(np.array([sum(map(len, arrays)), nulls], "<i8").tobytes())
    if nulls:
        _update(found, map(valid, arrays), "u1")


def _update(found: _Hash, values: Iterable[np.ndarray], kind: str) -> None:
    for one in values:
        found.update(np.ascontiguousarray(one, kind).tobytes())


def _canonical_floats(values: np.ndarray) -> np.ndarray:
    positive = values + 0.0
    return np.where(np.isnan(positive), np.nan, positive)
