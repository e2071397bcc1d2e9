"""Compaction: small segments become one, in the order of their making, and no reader or writer notices.

1. One compaction runs at a time. It takes the segments that are small now; later ones wait.
2. The merged segment is written aside, counted, synced and renamed into place. It names the
   segments that it stands for. From then on rows lie in two places: the ledger leaves out what is
   superseded, and the ``completions`` view shows each row once (``ledger_columns.once``).
3. Superseded segments are deleted by a later compaction, after ``GRACE_SECONDS``, when no query
   that listed them before the merge is still reading.

Killed at any moment, it leaves the old, both, or the merged: every row is there and read once.
"""

import json
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.errors import BrokenObject
from datasets_registry.state import durable
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA
from generation.ledger.ledger import Ledger
from generation.ledger.merging import Merging
from generation.ledger.segments import MERGED, SUPERSEDES, listed, new_name, superseded, supersedes

GRACE_SECONDS = 600.0
ABANDONED_SECONDS = 3_600.0
LARGE_ROWS = 500_000
MANY_SEGMENTS = 256
ROW_GROUP = 2_048


@dataclass(frozen=True)
class Compaction:
    """What was done: segments and rows merged, files deleted, and segments that remain to read."""

    num_merged: int
    num_rows: int
    num_deleted: int
    num_segments: int


def compact(ledger: Ledger, *, at_least: int = 2) -> Compaction:
    """Merge the small segments where there are ``at_least`` so many, and delete what was merged before."""
    with ledger.compacting() as ours:
        if not ours:
            return Compaction(0, 0, 0, len(ledger.segments()))
        num_deleted = _delete_old(ledger.folder)
        num_deleted += ledger.mirror.delete_old(GRACE_SECONDS) if ledger.mirror else 0
        small = _small(ledger) if len(ledger.segments()) >= at_least else []
        if len(small) < at_least:
            return Compaction(0, 0, num_deleted, len(ledger.segments()))
        num_rows = _merge(ledger, small)
        return Compaction(len(small), num_rows, num_deleted, len(ledger.segments()))


def _small(ledger: Ledger) -> list[str]:
    """The segments worth merging; one with columns of a later release is left to that release."""
    small = []
    for name in sorted(ledger.segments()):
        metadata = pq.read_metadata(ledger.folder / name)
        known = set(metadata.schema.to_arrow_schema().names) <= set(LEDGER_SCHEMA.names)
        if known and metadata.num_rows < LARGE_ROWS:
            small.append(name)
    return small


def _merge(ledger: Ledger, names: Sequence[str]) -> int:
    merging, merged = Merging([ledger.folder / name for name in names]), new_name(MERGED)
    num_stored = sum(pq.read_metadata(ledger.folder / name).num_rows for name in names)
    with durable(ledger.folder / merged) as temporary:
        _write(merging.tables(), temporary, _stood_for(ledger, names))
        if merging.num_read != num_stored:
            raise BrokenObject(
                f"merging {len(names)} segments of {ledger.folder} read {merging.num_read} of {num_stored} "
                "rows: nothing was changed; check the disk and try again"
            )
        num_rows = pq.read_metadata(temporary).num_rows
    # Arrow keeps what it freed, which is more than it needs at a time
    pa.default_memory_pool().release_unused()
    ledger.send(merged)
    return int(num_rows)


def _stood_for(ledger: Ledger, names: Sequence[str]) -> list[str]:
    """What a merged segment of ``names`` stands for.

    With a bucket that includes what they stood for: a machine that was away knows by it what not to send.
    """
    before = (old for name in names for old in supersedes(ledger.folder / name)) if ledger.mirror else ()
    return [*names, *before]


def _write(tables: Iterable[pa.Table], path: Path, names: Sequence[str]) -> None:
    """Write the rows as small row groups: what was made together is also looked up together."""
    with pq.ParquetWriter(path, LEDGER_SCHEMA, compression="zstd") as writer:
        waiting = LEDGER_SCHEMA.empty_table()
        for table in tables:
            waiting = pa.concat_tables([waiting, table])
            if whole := len(waiting) - len(waiting) % ROW_GROUP:
                writer.write_table(waiting.slice(0, whole), ROW_GROUP)
                waiting = waiting.slice(whole)
        if len(waiting):
            writer.write_table(waiting, ROW_GROUP)
        writer.add_key_value_metadata({SUPERSEDES: json.dumps(list(names))})


def _delete_old(folder: Path) -> int:
    """Delete what was merged long enough ago, oldest first, and what killed writers left."""
    merged = superseded(folder, listed(folder))
    old = [folder / name for name in sorted(merged) if _age(folder / merged[name]) > GRACE_SECONDS]
    abandoned = [path for path in folder.glob(".tmp-*") if _age(path) > ABANDONED_SECONDS]
    present = [path for path in (*old, *abandoned) if path.exists()]
    for path in present:
        path.unlink(missing_ok=True)
    # of an earlier release, which sorted on disk
    for spill in folder.glob(".spill-*"):
        shutil.rmtree(spill, ignore_errors=True)
    return len(present)


def _age(path: Path) -> float:
    """Seconds since the file was written; a file that is gone has just been written."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
