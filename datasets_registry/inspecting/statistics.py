"""Statistics of a version, by DuckDB over its files: nulls, lengths of texts, counts of labels."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultTuple, cursor
from datasets_registry.views.scanning import column as quote

QUANTILES = (0.05, 0.5, 0.95, 1.0)
MOST_LABELS = 20
MEMORY = "512MB"


def null_shares(files: Sequence[Path], schema: pa.Schema) -> dict[str, float | None]:
    """The share of nulls in each column that may have them; None without rows."""
    names = [field.name for field in schema if field.nullable]
    if not names:
        return {}
    figures = ", ".join(f"avg(({quote(name)} IS NULL)::INT)" for name in names)
    (row,) = _rows(f"SELECT {figures} FROM {parquet(files)}")
    return dict(zip(names, row, strict=True))


def text_lengths(files: Sequence[Path], schema: pa.Schema) -> dict[str, list[int] | None]:
    """Characters of each text column at 5, 50, 95 and 100 per cent of its rows."""
    names = [field.name for field in schema if field.type == pa.string()]
    if not names:
        return {}
    figures = ", ".join(f"quantile_disc(length({quote(name)}), {list(QUANTILES)})" for name in names)
    (row,) = _rows(f"SELECT {figures} FROM {parquet(files)}")
    return dict(zip(names, row, strict=True))


def label_counts(files: Sequence[Path], column: str) -> list[tuple[str, int]]:
    """How often each value of a column occurs, the twenty commonest first."""
    name = quote(column)
    query = f"SELECT {name}::VARCHAR, count(*) FROM {parquet(files)} GROUP BY 1 ORDER BY 2 DESC, 1"
    counts = _rows(query)[:MOST_LABELS]
    return [("null" if value is None else value, count) for value, count in counts]


def distinct(files: Sequence[Path], column: str) -> list[str]:
    """The values of a text column, sorted."""
    name = quote(column)
    query = f"SELECT DISTINCT {name} FROM {parquet(files)} WHERE {name} IS NOT NULL ORDER BY 1"
    return [value for (value,) in _rows(query)]


def _rows(query: str) -> list[ResultTuple]:
    with cursor("statistics", {"memory_limit": MEMORY}) as connection:
        return list(connection.execute(query).fetchall())
