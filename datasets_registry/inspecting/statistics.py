"""Figures of a version, by DuckDB over its files: nulls, lengths of texts, counts of labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from datasets_registry.views.scanning import column as quote
from datasets_registry.views.scanning import cursor

QUANTILES = (0.05, 0.5, 0.95, 1.0)
MOST_LABELS = 20
MEMORY = "512MB"


def null_shares(files: Sequence[Path], schema: pa.Schema) -> dict[str, float | None]:
    """The share of nulls in each column that may have them; None without rows."""
    names = [field.name for field in schema if field.nullable]
    if not names:
        return {}
    figures = ", ".join(f"avg(({quote(one)} IS NULL)::INT)" for one in names)
    (row,) = _asked(f"SELECT {figures} FROM read_parquet(?)", files)
    return dict(zip(names, row, strict=True))


def text_lengths(files: Sequence[Path], schema: pa.Schema) -> dict[str, list[int] | None]:
    """Characters of each text column at 5, 50, 95 and 100 per cent of its rows."""
    names = [field.name for field in schema if field.type == pa.string()]
    if not names:
        return {}
    figures = ", ".join(f"quantile_disc(length({quote(one)}), {list(QUANTILES)})" for one in names)
    (row,) = _asked(f"SELECT {figures} FROM read_parquet(?)", files)
    return dict(zip(names, row, strict=True))


def label_counts(files: Sequence[Path], column: str) -> list[tuple[str, int]]:
    """How often each value of a column stands, the commonest first and at most twenty."""
    name = quote(column)
    query = f"SELECT {name}::VARCHAR, count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 2 DESC, 1"
    return [
        ("null" if value is None else value, count) for value, count in _asked(query, files)[:MOST_LABELS]
    ]


def distinct(files: Sequence[Path], column: str) -> list[str]:
    """The values of a text column, sorted."""
    name = quote(column)
    query = f"SELECT DISTINCT {name} FROM read_parquet(?) WHERE {name} IS NOT NULL ORDER BY 1"
    return [value for (value,) in _asked(query, files)]


def _asked(query: str, files: Sequence[Path]) -> list[tuple[Any, ...]]:
    with cursor("statistics", {"memory_limit": MEMORY}) as connection:
        return list(connection.execute(query, [[str(one) for one in files]]).fetchall())
