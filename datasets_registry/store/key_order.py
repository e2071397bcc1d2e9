"""Tables of any total size sorted by key: in sorted runs on disk, merged by ranges of keys."""

import shutil
import uuid
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.errors import BadInput
from datasets_registry.store.pipelined import pipelined

RUN_BYTES = 64 << 20
PIECE_BYTES = 1 << 19
# texts, numbers or booleans: all keys of a dataset have the same types, and so are comparable
Key = tuple[Any, ...]


def sorted_runs(tables: Iterator[pa.Table], key: Sequence[str]) -> Iterator[pa.Table]:
    """The rows in runs of about RUN_BYTES, each in key order; raises BadInput where a key occurs twice."""
    return pipelined(lambda run: in_order(run, key), _gathered(tables))


def _gathered(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        waiting.append(table)
        size += table.nbytes
        if size >= RUN_BYTES:
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def in_order(table: pa.Table, key: Sequence[str]) -> pa.Table:
    """``table`` in key order; raises BadInput where a key occurs twice."""
    if not _ascends(table, key):
        table = table.combine_chunks()
        table = table.take(pc.sort_indices(table, [(name, "ascending") for name in key])).combine_chunks()
        _require_unique(table, key)
    return table


def _key_at(table: pa.Table, key: Sequence[str], index: int) -> Key:
    return tuple(table[name][index].as_py() for name in key)


def first_key(table: pa.Table, key: Sequence[str]) -> Key:
    """The key of a table's first row."""
    return _key_at(table, key, 0)


def last_key(table: pa.Table, key: Sequence[str]) -> Key:
    """The key of a table's last row."""
    return _key_at(table, key, -1)


def require_apart(before: Key, after: Key, key: Sequence[str]) -> None:
    """Raise BadInput where two rows have the same key."""
    if before == after:
        raise BadInput(f"two rows have the key {dict(zip(key, after, strict=True))}: keys must be unique")


def _ascends(table: pa.Table, key: Sequence[str]) -> bool:
    if len(table) < 2:
        return True
    return bool(pc.all(_steps_up(table, key)).as_py())


def _steps_up(table: pa.Table, key: Sequence[str]) -> pa.ChunkedArray:
    """Of each row but the last, whether its key is below that of the next."""
    keys = table.select(list(key))
    rows, following = keys.slice(0, len(keys) - 1), keys.slice(1)
    below = None
    for name in reversed(key):
        less = pc.less(rows[name], following[name])
        equal = pc.equal(rows[name], following[name])
        below = less if below is None else pc.or_(less, pc.and_(equal, below))
    return below


def _require_unique(table: pa.Table, key: Sequence[str]) -> None:
    steps_up = _steps_up(table, key)
    if not pc.all(steps_up).as_py():
        index = pc.index(steps_up, False).as_py()
        require_apart(_key_at(table, key, index), _key_at(table, key, index + 1), key)


class _Run:
    """A sorted run on disk, read a piece at a time."""

    def __init__(self, run: pa.Table, path: Path, key: Sequence[str]) -> None:
        self.path, self.key, self.next = path, key, 0
        rows = max(1, len(run) * PIECE_BYTES // max(run.nbytes, 1))
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, run.schema) as writer:
            writer.write_table(run, max_chunksize=rows)
        pieces = map(_as_table, run.to_batches(max_chunksize=rows))
        self.ends = [last_key(piece, key) for piece in pieces]
        self.head: pa.Table | None = None

    def up_to(self, bound: Key | None) -> Iterator[pa.Table]:
        """The rows that are left whose key is at most ``bound``; all that are left where it is None."""
        while self.head is not None or self.next < len(self.ends):
            head = self._read() if self.head is None else self.head
            if bound is None or self.ends[self.next - 1] <= bound:
                self.head = None
                yield head
                continue
            count = bisect_right(range(len(head)), bound, key=partial(_key_at, head, self.key))
            yield head.slice(0, count)
            self.head = head.slice(count)
            return

    def _read(self) -> pa.Table:
        # opened each time, as there may be more runs than a process may open files
        with pa.OSFile(str(self.path)) as file, pa.ipc.open_file(file) as reader:
            batch = reader.get_batch(self.next)
        self.next += 1
        return _as_table(batch)


def _as_table(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])


def merged(runs: Iterator[pa.Table], key: Sequence[str], spill: Path) -> Iterator[pa.Table]:
    """All rows of the sorted runs in key order, in tables of about RUN_BYTES; spills into ``spill``."""
    folder = spill / f"sort-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        spilled = list(
            pipelined(lambda item: _Run(item[1], folder / f"{item[0]}.arrow", key), enumerate(runs))
        )
        ends = sorted(chain.from_iterable(run.ends for run in spilled))
        every = RUN_BYTES // PIECE_BYTES
        bounds: list[Key | None] = [*ends[every - 1 :: every], None]
        ranges = ([table for run in spilled for table in run.up_to(bound)] for bound in bounds)
        filled = (pa.concat_tables(tables) for tables in ranges if tables)
        yield from pipelined(lambda table: in_order(table, key), filled)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
