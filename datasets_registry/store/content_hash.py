"""The hash of a chunk of rows: of their values, whatever Arrow's layout or a writer made of them."""

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

    Strings of any width, dictionaries and slices hash alike, as do all NaNs and both zeros, and bytes under a
    null do not count. docs/storage.md describes the layout that is hashed, and HASH_SCHEME numbers it.
    """
    sha = hashlib.sha256(canonical([[field.name, type_name(field.type)] for field in table.schema]))
    for column in table.columns:
        _feed(sha, column.type, column.chunks)
    return sha.hexdigest()


def type_name(kind: pa.DataType) -> str:
    """A type's name that no version of Arrow changes: ``list<struct<text: string, label: int64>>``."""
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = ", ".join(f"{field.name}: {type_name(field.type)}" for field in kind)
        return f"struct<{fields}>"
    return str(kind)


def _feed(sha: _Hash, kind: pa.DataType, arrays: Sequence[pa.Array]) -> None:
    """A column whose values are those of all ``arrays``, as joining them first would copy them."""
    _feed_nulls(sha, arrays)
    if pa.types.is_list(kind):
        _update(sha, map(lengths, arrays), "<i8")
        _feed(sha, kind.value_type, [array.flatten() for array in arrays])
    elif pa.types.is_struct(kind):
        children = [array.flatten() for array in arrays]
        for index, field in enumerate(kind):
            _feed(sha, field.type, [fields[index] for fields in children])
    elif pa.types.is_string(kind):
        _update(sha, map(lengths, arrays), "<i8")
        for array in arrays:
            sha.update(text_bytes(array))
    elif pa.types.is_floating(kind):
        _update(sha, (_canonical_floats(numbers(array)) for array in arrays), "<f8")
    else:
        _update(sha, map(numbers, arrays), "u1" if pa.types.is_boolean(kind) else "<i8")


def _feed_nulls(sha: _Hash, arrays: Sequence[pa.Array]) -> None:
    """Lengths first, so that no two arrays run into one another."""
    nulls = sum(array.null_count for array in arrays)
    sha.update(np.array([sum(map(len, arrays)), nulls], "<i8").tobytes())
    if nulls:
        _update(sha, map(valid, arrays), "u1")


def _update(sha: _Hash, values: Iterable[np.ndarray], kind: str) -> None:
    for part in values:
        sha.update(np.ascontiguousarray(part, kind).tobytes())


def _canonical_floats(values: np.ndarray) -> np.ndarray:
    positive = values + 0.0
    return np.where(np.isnan(positive), np.nan, positive)
