"""Segments read as one, in the order of their making; row groups that overlap are in memory together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets_registry.errors import BrokenObject, first_line
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA
from generation.ledger.known import broken
from generation.ledger.seen import Seen

_TIME, _ORDER = "created_at", [("created_at", "ascending"), ("key", "ascending")]


class _Group(NamedTuple):
    """A row group of a segment, by the time of its first row."""

    first: datetime
    path: Path
    number: int


class Merging:
    """The rows of segments, as ``once`` shows them; how many were read is known in the end."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._groups = sorted(group for path in paths for group in _groups(path))
        self._seen = Seen()
        self.num_read = 0

    def tables(self) -> Iterator[pa.Table]:
        """Rows by time and key: what is earlier than any group that is yet to be read goes out."""
        waiting = LEDGER_SCHEMA.empty_table()
        for place, group in enumerate(self._groups, start=1):
            ready = waiting = pa.concat_tables([waiting, _rows(group)])
            if place < len(self._groups):
                early = pc.less(waiting[_TIME], pa.scalar(self._groups[place].first, waiting[_TIME].type))
                ready, waiting = waiting.filter(early), waiting.filter(pc.invert(early))
            self.num_read += len(ready)
            if len(ready):
                yield self._once(ready.sort_by(_ORDER))

    def _once(self, rows: pa.Table) -> pa.Table:
        """Without later successes of a key, and without a failure that lies in two segments."""
        times = rows[_TIME].cast(pa.int64()).to_pylist()
        found = zip(rows["key"].to_pylist(), times, rows["error"].is_valid().to_pylist(), strict=True)
        new = self._seen.new([f"{key} {time}" if failed else key for key, time, failed in found])
        return rows.take(pa.array(new, pa.int64()))


def _groups(path: Path) -> Iterator[_Group]:
    with _opened(path) as file:
        for number in range(file.num_row_groups):
            times = file.read_row_group(number, [_TIME], use_threads=False)[_TIME].cast(
                LEDGER_SCHEMA.field(_TIME).type
            )
            if len(times):
                yield _Group(pc.min(times).as_py(), path, number)


def _rows(group: _Group) -> pa.Table:
    """A column that its release lacked is null, and a number zero."""
    with _opened(group.path) as file:
        rows = file.read_row_group(group.number, use_threads=False)
    columns = [_column(rows, field) for field in LEDGER_SCHEMA]
    return pa.Table.from_arrays(columns, schema=LEDGER_SCHEMA)


def _column(rows: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in rows.column_names:
        column = pa.chunked_array([pa.nulls(len(rows), field.type)])
    else:
        column = rows[field.name].cast(field.type)
    number = pa.types.is_integer(field.type) and not field.nullable
    return pc.fill_null(column, 0) if number else column


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        # a file that may not be read, or is gone, is not damaged
        if isinstance(error, OSError) and error.errno:
            raise BrokenObject(
                f"{path} could not be merged ({first_line(error)}): nothing was changed; try again"
            ) from error
        raise BrokenObject(broken(path.parent, error)) from error
