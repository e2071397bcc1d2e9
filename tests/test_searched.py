"""A text is found in every kind of file that could hold it."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.searched import files_with

TEXT = "sk-a-key-that-no-file-may-hold"
ROWS = f"SELECT '{TEXT}' || (range % 1) AS key FROM range(5000)"


def write(path: Path, text: str) -> None:
    """Write ``text`` as the kind of file that the name says."""
    rows = ROWS.replace(TEXT, text)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE run (key)")
            database.execute("INSERT INTO run VALUES (?)", (text,))
    elif path.suffix == ".parquet":
        duckdb.sql(f"COPY ({rows}) TO '{path}' (COMPRESSION zstd)")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"CREATE TABLE ledger AS {rows}")
    else:
        path.write_text(f"key = {text}\n")


@pytest.mark.parametrize("name", ["log.txt", "log.gz", "run.sqlite", "rows.parquet", "catalog.duckdb"])
def test_a_text_is_found_in_any_file_and_only_there(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, TEXT)
    write(tmp_path / f"other-{name}", "nothing")
    assert files_with(TEXT, tmp_path) == [tmp_path / name]
