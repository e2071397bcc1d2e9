"""The identity of what is learned from: of rows without the columns that say where they came from."""

from collections.abc import Iterable, Iterator
from itertools import chain

import pyarrow as pa

from datasets_registry.rows.row import Row
from datasets_registry.store.chunks import Cutter
from datasets_registry.store.content_hash import content_hash
from datasets_registry.store.objects import data_version


def learned_version(row: type[Row], tables: Iterable[pa.Table]) -> str:
    """The identity of rows in key order, which another file name or licence leaves as it is."""
    return data_version([content_hash(chunk) for chunk in _chunks(row, tables)])


def _chunks(row: type[Row], tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    # cut anew, as the size of what is left out may have moved a cut
    cutter = Cutter(row.key)
    yield from chain.from_iterable(
        cutter.feed(table.drop_columns(list(row.provenance)).combine_chunks()) for table in tables
    )
    yield from cutter.finish()
