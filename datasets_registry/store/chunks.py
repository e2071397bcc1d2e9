"""Where a sorted dataset is cut: after keys chosen by their hash, so that an insertion moves no later cut."""

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import pyarrow as pa

from datasets_registry.store.values import lengths

MIN_ROWS = 4_096
MEAN_MORE_ROWS = 8_192
MAX_ROWS = 65_536
MAX_BYTES = 64 << 20


class Cutter:
    """Cuts rows that arrive in key order; ``rest`` has the rows that are not cut off yet.

    A chunk ends after a row whose key's CRC-32 is a multiple of MEAN_MORE_ROWS, once it has MIN_ROWS; at
    MAX_ROWS or MAX_BYTES it ends anyway. That depends on keys and sizes alone, not on how rows arrive
    (content-defined chunking; Muthitacharoen et al. 2001).
    """

    def __init__(self, key: Sequence[str]) -> None:
        self.key = key
        self._rest: list[pa.Table] = []
        self._rows = self._bytes = 0

    @property
    def rest(self) -> list[pa.Table]:
        """The rows after the last cut."""
        return self._rest

    def feed(self, table: pa.Table) -> Iterator[pa.Table]:
        """The chunks that ``table`` completes."""
        sizes = np.cumsum(_row_bytes(table))
        start = 0
        while (end := self._next_cut(table, sizes, start)) is not None:
            chunk = pa.concat_tables([*self._rest, table.slice(start, end - start)])
            self._rest, self._rows, self._bytes, start = [], 0, 0, end
            yield chunk
        if start < len(table):
            self._rest.append(table.slice(start))
            self._rows += len(table) - start
            self._bytes += int(sizes[-1] - (sizes[start - 1] if start else 0))

    def finish(self) -> Iterator[pa.Table]:
        """The last chunk."""
        if self._rest:
            yield pa.concat_tables(self._rest)

    def _next_cut(self, table: pa.Table, sizes: np.ndarray, start: int) -> int | None:
        before = int(sizes[start - 1]) if start else 0
        full = int(np.searchsorted(sizes, MAX_BYTES - self._bytes + before)) + 1
        last = min(start + MAX_ROWS - self._rows, max(full, start + 1))
        first = max(start, start + MIN_ROWS - self._rows - 1)
        keys = _key_texts(table.slice(first, max(0, min(last, len(table)) - first)), self.key)
        cut = next((index for index, key in enumerate(keys) if crc32(key) % MEAN_MORE_ROWS == 0), None)
        if cut is not None:
            return first + cut + 1
        return last if last <= len(table) else None


def _key_texts(table: pa.Table, key: Sequence[str]) -> Iterator[bytes]:
    for start in range(0, len(table), MIN_ROWS):
        columns = [table[name].slice(start, MIN_ROWS).to_pylist() for name in key]
        if len(columns) == 1:
            yield from (str(value).encode() for value in columns[0])
        else:
            yield from ("\x1f".join(map(str, parts)).encode() for parts in zip(*columns, strict=True))


def _row_bytes(table: pa.Table) -> np.ndarray:
    """The size of each row's values in bytes, whatever their encoding."""
    sizes = [np.sum(list(map(_sizes, batch.columns)), axis=0) for batch in table.to_batches()]
    return np.concatenate([np.zeros(0, np.int64), *sizes])


def _sizes(array: pa.Array) -> np.ndarray:
    kind = array.type
    if pa.types.is_string(kind):
        return lengths(array)
    if pa.types.is_list(kind):
        inner = np.concatenate([[0], np.cumsum(_sizes(array.flatten()))])
        ends = np.cumsum(lengths(array))
        return np.asarray(np.diff(inner[ends], prepend=0), np.int64)
    if pa.types.is_struct(kind):
        return np.asarray(np.sum(list(map(_sizes, array.flatten())), axis=0, dtype=np.int64))
    return np.full(len(array), 8, np.int64)
