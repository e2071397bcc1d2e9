"""The files of an export: one writer per format, each fed a batch at a time."""

import json
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

PART_BYTES = 512 * 2**20
ROW_GROUP_BYTES = 32 * 2**20


class Writer(Protocol):
    """Writes one split; ``close`` gives the files their names."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """An object a line; nested values are JSON too."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._file: IO[bytes] = (folder / f"{split}.jsonl").open("wb")

    def write(self, batch: pa.RecordBatch) -> None:
        import polars as pl

        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        frame.write_ndjson(self._file)

    def close(self) -> None:
        self._file.close()


class Csv:
    """A null is an empty cell, empty text a quoted one, and a nested value JSON text."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._schema = pa.schema([_flat(field) for field in schema])
        self._writer = csv.CSVWriter(folder / f"{split}.csv", self._schema)

    def write(self, batch: pa.RecordBatch) -> None:
        columns = [_as_text(column) if pa.types.is_nested(column.type) else column for column in batch]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _flat(field: pa.Field) -> pa.Field:
    return field.with_type(pa.string()) if pa.types.is_nested(field.type) else field


def _as_text(column: pa.Array) -> pa.Array:
    values = column.to_pylist()
    texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in values]
    return pa.array(texts, pa.string())


class Parts:
    """Files ``train-00000-of-00002`` of about half a gigabyte of rows each."""

    suffix = ".parquet"

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        folder.mkdir(parents=True, exist_ok=True)
        self._paths: list[Path] = []
        self._next()

    def opened(self, path: Path) -> Any:
        """A writer of one file."""
        return pq.ParquetWriter(path, self._schema, compression="zstd")

    def named(self, part: int, of: int) -> str:
        """A finished file's name."""
        return f"{self._split}-{part:05d}-of-{of:05d}{self.suffix}"

    def _next(self) -> None:
        self._paths.append(self._folder / f".{self._split}-{len(self._paths)}")
        self._writer = self.opened(self._paths[-1])
        self._bytes = self._held_bytes = 0
        self._held: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        if self._bytes > PART_BYTES:
            self._finish()
            self._next()
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held).cast(self._schema))
        self._bytes += self._held_bytes
        self._held, self._held_bytes = [], 0

    def _finish(self) -> None:
        self._flush()
        self._writer.close()

    def close(self) -> None:
        self._finish()
        for part, path in enumerate(self._paths):
            path.rename(self._folder / self.named(part, len(self._paths)))
