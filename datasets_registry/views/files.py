"""Paths as SQL: the only place where the path of a file becomes part of a query."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from datasets_registry.views.scanning import quoted

_WILDCARDS = "*?["


def literal(path: Path) -> str:
    """The path as an SQL string."""
    return quoted(str(path))


def parquet(paths: Sequence[Path], *options: str) -> str:
    """SQL that reads exactly these files, with those of DuckDB's ``options``, such as union_by_name."""
    return _read(map(_pattern, paths), options)


def parquet_in(folder: Path, *options: str) -> str:
    """SQL that reads every Parquet file that lies in ``folder`` when it runs."""
    return _read([f"{_pattern(folder)}/*.parquet"], options)


def directories(folders: Iterable[Path]) -> str:
    """An SQL list of folders that may be read: their names, and the patterns by which queries name them."""
    names = {name: None for folder in folders for name in (str(folder), _pattern(folder))}
    return f"[{', '.join(map(quoted, names))}]"


def types(connection: "duckdb.DuckDBPyConnection", paths: Sequence[Path]) -> dict[str, str]:
    """The files' columns and their SQL types."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {parquet(paths[:1])}").fetchall()
    return {row[0]: row[1] for row in described}


def _read(patterns: Iterable[str], options: Iterable[str]) -> str:
    # a folder such as label=v2 is no column: read as one, it would hide the column that is stored
    chosen = ["hive_partitioning=false", *(f"{option}=true" for option in options)]
    return f"read_parquet([{', '.join(map(quoted, patterns))}], {', '.join(chosen)})"


def _pattern(path: Path) -> str:
    """The pattern that ``path`` alone matches."""
    return "".join(f"[{letter}]" if letter in _WILDCARDS else letter for letter in str(path))
