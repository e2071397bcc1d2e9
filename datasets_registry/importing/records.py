"""Records of a file, each with its place: JSON lines, JSON lists and Parquet."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.errors import BadInput, first_line
from datasets_registry.importing.opening import (
    FREE_BYTES,
    MOST_LINE_BYTES,
    MOST_RATIO,
    lines,
    opened,
    whole,
)

BATCH_ROWS = 1_000

# whatever JSON, CSV or Parquet hold, before it is checked against a row type
Value: TypeAlias = Any
Columns = Mapping[str, Value]
Values = dict[str, Value]
NOT_AN_OBJECT = "not a JSON object"
NOT_UTF8 = "not UTF-8 text"
TOO_LONG = f"longer than {MOST_LINE_BYTES >> 20} MiB"
# lists and objects inside one another
MOST_LEVELS = 100
SHOWN_CHARACTERS = 500
_MARKS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)


@dataclass(frozen=True)
class Record:
    """A row of a file: its place and its columns, or why it has none."""

    file: str
    number: int
    columns: Columns = field(default_factory=dict)
    failure: str | None = None


class Unreadable(ValueError):
    """A text that is no JSON as rows may have it; the message says why in a few words."""


def json_records(path: Path) -> Iterator[Record]:
    """The objects of a JSON list or of JSON lines, whichever the file's first character says.

    Raises BadInput where a list does not end.
    """
    with opened(path) as file:
        start = file.read(4096).lstrip()
    return _list_records(path) if start.startswith(b"[") else _line_records(path)


def _line_records(path: Path) -> Iterator[Record]:
    for number, line in lines(path):
        if line is None:
            yield Record(path.name, number, failure=TOO_LONG)
        elif line.strip():
            yield _parsed(path.name, number, line)


def _list_records(path: Path) -> Iterator[Record]:
    content = whole(path)
    values = _parsed_list(content)
    if values is not None:
        yield from (_object(path.name, number, value) for number, value in enumerate(values, 1))
    else:
        elements = enumerate(_elements(path, content), 1)
        yield from (_parsed(path.name, number, element) for number, element in elements)


def _parsed_list(content: bytes) -> list[Value] | None:
    """The elements of a list, all at once as that is faster; None where one may spoil the others."""
    if len(content) > MOST_LINE_BYTES:
        return None
    try:
        return list(parsed(content, MOST_LEVELS + 1))
    except Unreadable:
        return None


def _elements(path: Path, content: bytes) -> Iterator[bytes]:
    """The texts of a list's elements, split by brackets, commas and quotes alone."""
    number, level, start = 1, 0, 0
    for match in _MARKS.finditer(content):
        mark = match[0]
        if mark == b'"':
            break
        level += (mark in (b"[", b"{")) - (mark in (b"]", b"}"))
        if level == 1 and mark == b"[" and start == 0:
            start = match.end()
        elif level == 0 or (level == 1 and mark == b","):
            yield content[start : match.start()]
            number, start = number + 1, match.end()
        if level == 0:
            if content[start:].strip():
                raise BadInput(f"{path} goes on after its list: write one list, or an object on each line")
            return
    raise BadInput(
        f"{path} is not a JSON list: it breaks off within element {number}; download it again, or write an "
        "object on each line"
    )


def _parsed(file: str, number: int, text: bytes) -> Record:
    if len(text) > MOST_LINE_BYTES:
        return Record(file, number, failure=TOO_LONG)
    try:
        value = parsed(text)
    except Unreadable as error:
        return Record(file, number, {"text": text[:SHOWN_CHARACTERS].decode(errors="replace")}, str(error))
    return _object(file, number, value)


def _object(file: str, number: int, value: Value) -> Record:
    if isinstance(value, dict):
        return Record(file, number, value)
    return Record(file, number, {"value": value}, NOT_AN_OBJECT)


def parsed(text: str | bytes, levels: int = MOST_LEVELS) -> Value:
    """The value of a JSON text, whose objects have each key once; raises Unreadable with the reason."""
    try:
        decoded = text if isinstance(text, str) else text.decode()
        value = json.loads(decoded, object_pairs_hook=_each_key_once)
    except UnicodeDecodeError:
        raise Unreadable(NOT_UTF8) from None
    except RecursionError:
        raise Unreadable(f"nested in more than {MOST_LEVELS} levels") from None
    except json.JSONDecodeError:
        raise Unreadable("not JSON") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("a number of too many digits") from None
    if _has_more_levels(value, levels):
        raise Unreadable(f"nested in more than {MOST_LEVELS} levels")
    return value


def _each_key_once(pairs: Sequence[tuple[str, Value]]) -> Values:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Unreadable("a key that stands twice in one object")
    if not all(map(str.isascii, values)):
        try:
            "".join(values).encode()
        except UnicodeEncodeError:
            raise Unreadable("half of a surrogate pair, which is not text") from None
    return values


def _has_more_levels(value: Value, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_has_more_levels(part, levels - 1) for part in inner)


def parquet_records(path: Path) -> Iterator[Record]:
    """The rows of a Parquet file; raises BadInput where it is damaged, or two columns have one name."""
    try:
        with pq.ParquetFile(path) as file:
            _require_sound(path, file)
            number = 1
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from _records(path.name, number, batch)
                number += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{path} is not a whole Parquet file ({first_line(error)}): download or write it again"
        ) from error


def _require_sound(path: Path, file: pq.ParquetFile) -> None:
    names = file.schema_arrow.names
    twice = (
        next((name for name in names if names.count(name) > 1), None) if len({*names}) < len(names) else None
    )
    if twice is not None:
        raise BadInput(f"{path} needs distinct column names, and has {twice!r} twice: rename one")
    groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
    num_bytes = sum(group.total_byte_size for group in groups)
    if num_bytes > max(FREE_BYTES, MOST_RATIO * path.stat().st_size):
        raise BadInput(
            f"{path} unpacks to {num_bytes / 1e9:.1f} GB, more than {MOST_RATIO} times its size, which is no "
            "text of people: look at it, and write it without compression to import it"
        )


def _records(file: str, number: int, batch: pa.RecordBatch) -> Iterator[Record]:
    try:
        rows = _parsed_json(batch)
    # Arrow raises whatever Python does of a value that Python's types do not have
    except (ValueError, OverflowError, LookupError):
        yield from (_one_record(file, number + index, batch.slice(index, 1)) for index in range(len(batch)))
        return
    yield from (Record(file, place, row) for place, row in enumerate(rows, number))


def _one_record(file: str, number: int, row: pa.RecordBatch) -> Record:
    """The record of a batch of one row."""
    readable: Values = {}
    failure = None
    for name in row.schema.names:
        try:
            readable |= _parsed_json(row.select([name]))[0]
        except UnicodeDecodeError:
            failure = f"{name} is {NOT_UTF8}"
        except (ValueError, OverflowError, LookupError):
            failure = f"{name} is out of range"
    return Record(file, number, readable, failure)


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
        return None if value is None else parsed(value)
    except Unreadable:
        return value
