"""The files of an export: a writer for each format, which takes a batch at a time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from datasets_registry.errors import BadInput

PART_BYTES = 512 * 2**20
ROW_GROUP_BYTES = 32 * 2**20


class Writer(Protocol):
    """Writes one split; ``close`` gives the files their names."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


class ArrowWriter(Protocol):
    """Writes tables to one file, as Arrow's own writers do."""

    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """A JSON object on each line, nested values included.

    Raises BadInput for numbers that JSON cannot write.
    """

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._file: IO[bytes] = (folder / f"{split}.jsonl").open("wb")

    def write(self, batch: pa.RecordBatch) -> None:
        import polars as pl

        _require_finite(batch)
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        frame.write_ndjson(self._file)

    def close(self) -> None:
        self._file.close()


def _require_finite(batch: pa.RecordBatch) -> None:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not all(pc.all(pc.is_finite(floats), min_count=0).as_py() for floats in _floats(column)):
            raise BadInput(f"column {name} has NaN or infinity, which JSON cannot write: choose another --to")


def _floats(column: pa.Array) -> Iterator[pa.Array]:
    """The arrays of floats in a column, however nested."""
    if pa.types.is_floating(column.type):
        yield column
    elif pa.types.is_list(column.type):
        yield from _floats(column.flatten())
    elif pa.types.is_struct(column.type):
        for inner in column.flatten():
            yield from _floats(inner)


class Lines:
    """The texts of the only column, a line each."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._file = (folder / f"{split}.jsonl").open("w", encoding="utf-8", newline="\n")

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.writelines(f"{line}\n" for line in batch.column(0).to_pylist())

    def close(self) -> None:
        self._file.close()


class Csv:
    """CSV with nulls as empty cells, empty texts as quoted ones, and nested values as JSON text."""

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
    texts = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return pa.array(texts, pa.string())


class Parts:
    """Files ``train-00000-of-00002`` of about half a gigabyte of rows each."""

    suffix = ".parquet"

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        folder.mkdir(parents=True, exist_ok=True)
        self._paths: list[Path] = []
        self._next()

    def opened(self, path: Path) -> ArrowWriter:
        """The writer of one file."""
        writer: ArrowWriter = pq.ParquetWriter(path, self._schema, compression="zstd")
        return writer

    def file_name(self, part: int, of: int) -> str:
        """The name of a finished file."""
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
            path.rename(self._folder / self.file_name(part, len(self._paths)))
