"""The rows of a version, a batch at a time, by the split that they belong to."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets_registry.inspecting.statistics import distinct

BATCH_ROWS = 8_192
WHOLE = ("train",)


def splits_of(files: Sequence[Path]) -> Sequence[str]:
    """``train`` and ``evaluation`` where the rows say which and there are any, else ``train`` alone."""
    present = distinct(files, "split") if "split" in schema_of(files).names else []
    return [split for split in ("train", "evaluation") if split in present] or WHOLE


def schema_of(files: Sequence[Path]) -> pa.Schema:
    """The columns that a version was stored with."""
    return pq.read_schema(files[0]).remove_metadata()


def batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """All rows in key order."""
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield batch.replace_schema_metadata(None)


def by_split(batch: pa.RecordBatch, splits: Sequence[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The part of ``batch`` in each split that has any."""
    if len(splits) == 1:
        yield splits[0], batch
        return
    for split in splits:
        part = batch.filter(pc.equal(batch["split"], split))
        if part.num_rows:
            yield split, part
