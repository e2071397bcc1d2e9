"""Rows of any kind and number stored as durable objects in key order, which no version names yet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.rows.row import Row, arrow_schema, choices, to_table
from datasets_registry.store.chunks import Cutter
from datasets_registry.store.conform import Conformer
from datasets_registry.store.content_hash import HASH_SCHEME
from datasets_registry.store.evolution import schema_record
from datasets_registry.store.key_order import (
    Key,
    first_key,
    last_key,
    merged,
    require_apart,
    sorted_runs,
)
from datasets_registry.store.learned import learned_version
from datasets_registry.store.objects import Object, data_version, put_chunk, read_stored
from datasets_registry.store.pipelined import pipelined
from datasets_registry.stores.store import Store
from datasets_registry.version import Content

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 1_000
Rows = Iterable["Row | pa.RecordBatch | pa.Table | pl.DataFrame"]


@dataclass(frozen=True)
class Staged:
    """A dataset version to be: its objects are durable, and no reader sees it yet."""

    name: str
    row: type[Row]
    objects: tuple[Object, ...]
    learned_version: str | None = None

    @property
    def data_version(self) -> str:
        """The identity of the rows."""
        return data_version([stored.sha for stored in self.objects])

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return sum(stored.num_rows for stored in self.objects)

    @property
    def content(self) -> Content:
        """The catalog's record of the rows: their objects, key, row type and schema."""
        learned = {"learned_version": self.learned_version} if self.learned_version else {}
        return {
            "objects": [[stored.sha, stored.num_rows] for stored in self.objects],
            "key": list(self.row.key),
            "row": self.row.dataset,
            "schema": schema_record(self.row),
            "hash_scheme": HASH_SCHEME,
            **learned,
        }


def stage(
    name: str, row: type[Row], rows: Rows, store: Store, spill: Path, known: Callable[[str], Object | None]
) -> Staged:
    """Put ``rows`` into the store; sorting more than a run spills into ``spill``.

    Raises BadInput naming the row and column that are wrong, or the key that occurs twice.
    """
    conformer = Conformer(name, arrow_schema(row), row.key, choices(row))
    tables = (conformer.conform(table) for table in _tables(row, rows))
    runs = sorted_runs(tables, row.key)

    def put(chunk: pa.Table) -> Object:
        return put_chunk(store, chunk, known)

    ascending = _Ascending(runs, row.key)
    cutter = Cutter(row.key)
    objects = list(pipelined(put, _chunks(ascending, cutter)))
    if ascending.late is not None:
        stored = _read_back(objects, store)
        again = chain(stored, cutter.rest, [ascending.late], runs)
        cutter = Cutter(row.key)
        objects = list(pipelined(put, _chunks(merged(again, row.key, spill), cutter)))
    objects.extend(map(put, cutter.finish()))
    if not objects:
        objects = [put(arrow_schema(row).empty_table())]
    return Staged(name, row, tuple(objects), _learned_version(row, objects, store))


def _learned_version(row: type[Row], objects: Sequence[Object], store: Store) -> str | None:
    """The identity of the rows without where they came from; None where no column says that."""
    if not row.provenance:
        return None
    return learned_version(row, _read_back(objects, store))


def _read_back(objects: Sequence[Object], store: Store) -> Iterator[pa.Table]:
    """The objects' rows, whose contents are hashed only where a file is not the one that was written."""
    return (read_stored(store, stored.sha, stored.file_sha) for stored in objects)


def _chunks(tables: Iterable[pa.Table], cutter: Cutter) -> Iterator[pa.Table]:
    return chain.from_iterable(map(cutter.feed, tables))


class _Ascending:
    """The runs while each begins after the one before; the first that does not is ``late``."""

    def __init__(self, runs: Iterator[pa.Table], key: Sequence[str]) -> None:
        self.runs, self.key = runs, key
        self.late: pa.Table | None = None

    def __iter__(self) -> Iterator[pa.Table]:
        last: Key | None = None
        for run in self.runs:
            if not len(run):
                continue
            if last is not None:
                require_apart(last, first_key(run, self.key), self.key)
                if first_key(run, self.key) < last:
                    self.late = run
                    return
            last = last_key(run, self.key)
            yield run


def _tables(row: type[Row], rows: Rows) -> Iterator[pa.Table]:
    waiting: list[Row] = []
    for item in rows:
        if isinstance(item, Row):
            waiting.append(item)
        if waiting and (len(waiting) == ROWS_AT_ONCE or not isinstance(item, Row)):
            yield to_table(row, waiting)
            waiting = []
        if not isinstance(item, Row):
            yield _as_table(item)
    if waiting:
        yield to_table(row, waiting)


def _as_table(frame: object) -> pa.Table:
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.Table):
        return frame
    # importing it takes a fifth of the registry's own import; whoever has a frame has imported it
    import polars as pl

    if isinstance(frame, pl.DataFrame):
        return frame.to_arrow()
    raise BadInput(f"cannot commit a {type(frame).__name__}: give rows, Arrow batches or Polars frames")
