"""Which keys are stored, and where: each segment's keys are read once, and of texts what is asked for.

Sixteen bytes a row, in runs whose sizes at least double: a lookup costs the same in any ledger.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from datasets_registry.errors import BrokenObject, first_line
from datasets_registry.store.collector import no_collection
from datasets_registry.views.files import parquet
from generation.request import Completion

if TYPE_CHECKING:
    import duckdb

Numbers = np.ndarray[tuple[int], np.dtype[Any]]

_COLUMNS = ("key", "created_at", *Completion.model_fields)
_COMPLETIONS = TypeAdapter(list[Completion])


class Stored(Protocol):
    """A ledger, as far as its keys are read."""

    folder: Path

    def segments(self) -> frozenset[str]:
        """The names of the segments that hold every completion now."""
        ...

    def open(self) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
        """A connection that says which folder has a segment that cannot be read."""
        ...


@dataclass(frozen=True)
class _Run:
    """Rows by the hash of their key: the number of their segment, and their place in it."""

    hashes: Numbers
    segments: Numbers
    rows: Numbers

    def part(self, which: Numbers) -> "_Run":
        return _Run(self.hashes[which], self.segments[which], self.rows[which])

    def holding(self, hashes: Numbers) -> "_Run":
        """Its rows of any of ``hashes``; one key may have several."""
        first = np.searchsorted(self.hashes, hashes, "left")
        nums = np.searchsorted(self.hashes, hashes, "right") - first
        within = np.arange(nums.sum()) - np.repeat(nums.cumsum() - nums, nums)
        return self.part(np.repeat(first, nums) + within)


def _joined(runs: Sequence[_Run]) -> _Run:
    hashes = np.concatenate([run.hashes for run in runs])
    segments = np.concatenate([run.segments for run in runs])
    return _Run(hashes, segments, np.concatenate([run.rows for run in runs]))


class Known:
    """The successes of a ledger by their keys; a segment that was read is not read again."""

    def __init__(self, ledger: Stored) -> None:
        self._ledger = ledger
        self._names: list[str] = []
        self._read: frozenset[str] = frozenset()
        self._runs: list[_Run] = []

    def find(self, keys: Sequence[str]) -> dict[str, Completion]:
        """The first success stored under each key; failures are not found, so they are retried."""
        segments = self._ledger.segments()
        if not segments or not keys:
            return {}
        with self._ledger.open() as connection:
            self._forget(self._read - segments)
            self._add(connection, sorted(segments - self._read))
            hashes = np.unique(_hashes(connection, keys))
        found = _joined([run.holding(hashes) for run in self._runs])
        return _first(set(keys), list(self._tables(found)))

    def _forget(self, merged: frozenset[str]) -> None:
        """Leave segments out that were merged: their rows are read anew where they lie now."""
        if merged:
            numbers = [number for number, name in enumerate(self._names) if name in merged]
            self._runs = [run.part(~np.isin(run.segments, numbers)) for run in self._runs]
            self._read -= merged

    def _add(self, connection: "duckdb.DuckDBPyConnection", names: Sequence[str]) -> None:
        if not names:
            return
        files = parquet([self._ledger.folder / name for name in names], "union_by_name", "file_row_number")
        table = connection.sql(
            f"SELECT hash(key) AS hash, (file_index + {len(self._names)})::UINTEGER AS segment,"
            f" file_row_number::UINTEGER AS row FROM {files} WHERE error IS NULL ORDER BY hash"
        ).to_arrow_table()
        self._names += names
        self._read |= frozenset(names)
        run = _Run(*(table.column(name).to_numpy() for name in ("hash", "segment", "row")))
        while self._runs and len(self._runs[-1].hashes) < 2 * len(run.hashes):
            run = _joined([self._runs.pop(), run])
            run = run.part(np.argsort(run.hashes, kind="stable"))
        self._runs.append(run)

    def _tables(self, found: _Run) -> Iterator[pa.Table]:
        for number in np.unique(found.segments):
            rows = np.sort(found.rows[found.segments == number])
            yield _rows_of(self._ledger.folder / self._names[number], rows)


def _hashes(connection: "duckdb.DuckDBPyConnection", keys: Sequence[str]) -> Numbers:
    connection.register("wanted", pa.table({"key": pa.array(keys, pa.string())}))
    hashes: Numbers = connection.sql("SELECT hash(key) AS hash FROM wanted").fetchnumpy()["hash"]
    return hashes


def _rows_of(path: Path, rows: Numbers) -> pa.Table:
    """Those rows of a segment, a row group at a time: in old segments they lie in all of them."""
    try:
        with pq.ParquetFile(path) as file:
            ends = np.cumsum(
                [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
            )
            held = np.searchsorted(ends, rows, "right")
            starts = np.concatenate([[0], ends[:-1]])
            names = [name for name in _COLUMNS if name in file.schema_arrow.names]
            parts = [
                file.read_row_group(int(group), names).take(rows[held == group] - starts[group])
                for group in np.unique(held)
            ]
    except (pa.ArrowException, OSError) as error:
        # a file that may not be read, or is gone, is not damaged
        if isinstance(error, OSError) and error.errno:
            raise
        raise BrokenObject(broken(path.parent, error)) from error
    return pa.concat_tables(parts)


def broken(folder: Path, error: Exception) -> str:
    """What to do about a segment that cannot be read."""
    return (
        f"{folder} has a segment that cannot be read ({first_line(error)}): move it "
        "away, and what it held is generated again"
    )


def _first(keys: Collection[str], tables: Sequence[pa.Table]) -> dict[str, Completion]:
    """The first of each key's rows; others than ``keys`` merely share a hash with one."""
    if not tables:
        return {}
    rows = pa.concat_tables(tables, promote_options="default").sort_by([("created_at", "descending")])
    completions = zip(rows.column("key").to_pylist(), _completions(rows), strict=True)
    return {key: completion for key, completion in completions if key in keys}


def _completions(rows: pa.Table) -> list[Completion]:
    """The rows' completions; a field that older segments lack has its default."""
    fields = Completion.model_fields
    names = [name for name in fields if name in rows.column_names]
    values = [_filled(rows.column(name), fields[name].default) for name in names]
    # one call for all, and no search for garbage among what is all kept: a third of a lookup's time
    with no_collection():
        return _COMPLETIONS.validate_python(
            dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)
        )


def _filled(column: pa.ChunkedArray, default: object) -> list[object]:
    values: list[object] = column.to_pylist()
    if column.null_count and default is not None:
        return [default if value is None else value for value in values]
    return values
