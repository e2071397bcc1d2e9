"""Damaged rows and files by kind, each written in every format that it can stand in."""

import datetime
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

NUM_GOOD = 25
GOOD = [{"prompt": f"What is {number} + 1?", "answer": str(number + 1)} for number in range(NUM_GOOD)]
# a broken row as JSON, and the beginning of the reason for which it alone is rejected
JSON_ROWS: Mapping[str, tuple[bytes, str]] = {
    "Latin-1": ('{"prompt": "caf\xe9", "answer": "1"}'.encode("latin-1"), "not UTF-8 text"),
    "invalid UTF-8": (b'{"prompt": "\xff\xfe", "answer": "1"}', "not UTF-8 text"),
    "surrogate written as UTF-8": (b'{"prompt": "\xed\xa0\x80", "answer": "1"}', "not UTF-8 text"),
    "lone surrogate": (rb'{"prompt": "a \ud800", "answer": "1"}', "half of a surrogate pair"),
    "lone surrogate in a key": (rb'{"prompt": "a", "answer": "1", "\ud800": 1}', "half of a surrogate pair"),
    "nested too deeply": (
        b'{"prompt": "a", "answer": "1", "x": ' + b"[" * 120 + b"]" * 120 + b"}",
        "nested in more than 100 levels",
    ),
    "nested beyond Python's stack": (
        b'{"prompt": "a", "answer": "1", "x": ' + b"[" * 99_999 + b"]" * 99_999 + b"}",
        "nested in more than 100 levels",
    ),
    "key twice": (b'{"prompt": "a", "prompt": "b", "answer": "1"}', "a key that stands twice"),
    "key twice inside": (b'{"prompt": "a", "answer": "1", "x": {"b": 1, "b": 2}}', "a key that stands twice"),
    "400 digits in a whole number": (
        b'{"prompt": "a", "answer": "1", "difficulty": ' + b"9" * 400 + b"}",
        "difficulty is not a whole number",
    ),
    "5000 digits": (b'{"prompt": "a", "answer": ' + b"9" * 5_000 + b"}", "a number of too many digits"),
    "beyond a float": (b'{"prompt": "a", "answer": 1e400}', "answer is not text"),
    "escaped NUL": (rb'{"prompt": "a \u0000 b", "answer": "1"}', "a NUL character"),
    "raw NUL": (b'{"prompt": "a \0 b", "answer": "1"}', "not JSON"),
    "not JSON": (b'{"prompt": a, "answer": "1"}', "not JSON"),
    "no object": (b"[1]", "not a JSON object"),
}
CSV_ROWS: Mapping[str, tuple[bytes, str]] = {
    "Latin-1": (b"caf\xe9,1", "not UTF-8 text"),
    "invalid UTF-8": (b"\xff\xfe,1", "not UTF-8 text"),
    "NUL": (b"a \0 b,1", "a NUL character"),
    "quote that does not close": (b'"a,1', "quotes that do not close"),
    "text behind a quote": (b'"a" b,1', "quotes that do not close"),
    "too many cells": (b"a,1,2", "3 cells where the header has 2"),
    "too few cells": (b"a", "1 cells where the header has 2"),
}
_DATE = datetime.date(2026, 11, 29)
_TEXTS = pa.array([row["prompt"] for row in GOOD])


def _with_last(kind: pa.DataType, good: object, last: object) -> pa.Array:
    return pa.array([good] * (NUM_GOOD - 1) + [last], pa.int64()).cast(kind)


def _broken_utf8() -> pa.Array:
    texts = [row["prompt"].encode() for row in GOOD[:-1]] + [b"\xff"]
    _, offsets, content = pa.array(texts).buffers()
    return pa.StringArray.from_buffers(NUM_GOOD, offsets, content)


PARQUET_COLUMNS: Mapping[str, tuple[dict[str, pa.Array], str]] = {
    "date": (
        {"x": pa.array([0] * (NUM_GOOD - 1) + [2**31 - 1], pa.int32()).cast(pa.date32())},
        "x is out of range",
    ),
    "time": ({"x": _with_last(pa.timestamp("us"), 0, 2**62)}, "x is out of range"),
    "duration": ({"x": _with_last(pa.duration("s"), 0, 2**62)}, "x is out of range"),
    "invalid UTF-8": ({"prompt": _broken_utf8()}, "prompt is not UTF-8 text"),
    "NUL": ({"prompt": pa.array([*(row["prompt"] for row in GOOD[:-1]), "a \0"])}, "a NUL character"),
    "bytes": ({"answer": pa.array([b"1"] * NUM_GOOD, pa.binary())}, "answer is not text"),
}


def packed(path: Path, content: bytes) -> Path:
    """The file with this content, packed where its name ends in .gz."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def content_of(suffix: str, *broken: bytes) -> bytes:
    """The bytes of a text file of this kind with good rows, and ``broken`` ones before the last."""
    if ".csv" in suffix:
        rows = [f"{row['prompt']},{row['answer']}".encode() for row in GOOD]
        return b"\n".join([b"prompt,answer", *rows[:-1], *broken, rows[-1], b""])
    rows = [json.dumps(row).encode() for row in GOOD]
    placed = [*rows[:-1], *broken, rows[-1]]
    return (
        b"[" + b",\n".join(placed) + b"]"
        if ".json" in suffix and "jsonl" not in suffix
        else b"\n".join(placed)
    )


def parquet_file(path: Path, columns: Mapping[str, pa.Array] | None = None) -> Path:
    """A Parquet file of good rows, with these columns in place of theirs."""
    table = {"prompt": _TEXTS, "answer": pa.array([row["answer"] for row in GOOD]), **(columns or {})}
    pq.write_table(pa.table(table), path)
    return path
