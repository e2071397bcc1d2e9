"""The files that hold a text: as it is, or inside of what packs it."""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb


def files_with(text: str, *folders: Path) -> list[Path]:
    """All files below ``folders`` that hold ``text``, be it packed in DuckDB, Parquet, SQLite or gzip."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(text.encode() in content for content in _contents(path))]


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:4] == b"PAR1":
        yield from _of_duckdb(None, f"FROM read_parquet('{path}')")
    elif content[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, name in names:
            yield from _of_duckdb(path, f'FROM "{schema}"."{name}"')
    elif content[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            yield "\n".join(database.iterdump()).encode(errors="replace")


def _of_duckdb(path: Path | None, query: str) -> Iterator[bytes]:
    with duckdb.connect(str(path) if path else ":memory:", read_only=path is not None) as connection:
        for row in connection.execute(query).fetchall():
            yield repr(row).encode()
