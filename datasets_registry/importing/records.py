"""Records of a file, each with its place: JSON lines, JSON lists and Parquet."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.errors import BadInput

BATCH_ROWS = 1_000
# whatever JSON, CSV or Parquet hold, before it is checked against a row type
Value: TypeAlias = Any
Columns = Mapping[str, Value]
Values = dict[str, Value]
NOT_AN_OBJECT = "not a JSON object"


@dataclass(frozen=True)
class Record:
    """A row of a file: its place and its columns, or why it has none."""

    file: str
    number: int
    columns: Columns = field(default_factory=dict)
    failure: str | None = None


def opened(path: Path) -> IO[bytes]:
    """The open file, unpacked where its name ends in .gz."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def json_records(path: Path) -> Iterator[Record]:
    """The objects of a JSON list or of JSON lines, whichever the file's first character says.

    Raises BadInput where a list is broken.
    """
    with opened(path) as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    return _list_records(path) if start.startswith(b"[") else _line_records(path)


def _line_records(path: Path) -> Iterator[Record]:
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                yield _parsed(path.name, number, text)


def _parsed(file: str, number: int, line: bytes) -> Record:
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        return Record(file, number, failure="not UTF-8 text")
    except (ValueError, RecursionError):
        return Record(file, number, {"text": line[:500].decode()}, "not JSON")
    return _object(file, number, value)


def _object(file: str, number: int, value: Value) -> Record:
    if isinstance(value, dict):
        return Record(file, number, value)
    return Record(file, number, {"value": value}, NOT_AN_OBJECT)


def _list_records(path: Path) -> Iterator[Record]:
    try:
        with opened(path) as file:
            values = json.load(file)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{path} is not a JSON list: {error}; fix it, or write an object on each line"
        ) from error
    for number, value in enumerate(values, 1):
        yield _object(path.name, number, value)


def parquet_records(path: Path) -> Iterator[Record]:
    """The rows of a Parquet file, read a batch at a time; raises BadInput where it is not one."""
    try:
        with pq.ParquetFile(path) as file:
            batches = file.iter_batches(batch_size=BATCH_ROWS)
            rows = (row for batch in batches for row in _parsed_json(batch))
            yield from (Record(path.name, number, row) for number, row in enumerate(rows, 1))
    except pa.ArrowInvalid as error:
        raise BadInput(f"{path} is not a Parquet file: {error}") from error


def _parsed_json(batch: pa.RecordBatch) -> list[Values]:
    """The rows, with values of Arrow's JSON type as what they say."""
    rows: list[Values] = batch.to_pylist()
    columns = [field for field in batch.schema if _has_json(field.type)]
    return [row | {field.name: _value(row[field.name], field.type) for field in columns} for row in rows]


def _has_json(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _has_json(kind.value_type)
    return isinstance(kind, pa.JsonType)


def _value(value: Value, kind: pa.DataType) -> Value:
    if isinstance(value, list):
        return [_value(part, kind.value_type) for part in value]
    try:
        return None if value is None else json.loads(value)
    except (ValueError, RecursionError):
        return value
