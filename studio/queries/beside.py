"""The rows of a version's inputs that belong to rows of it, by a column that both have."""

from collections.abc import Mapping, Sequence

from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, column, records, scanning

Beside = Mapping[str, Sequence[ResultRow]]


def input_of(registry: Registry, version: Version, row: type[Row]) -> Version | None:
    """The input whose rows are of this type, under whatever name; None where there is none, or not whole."""
    inputs = (each for each in registry.derivation(version).inputs if each.kind == "dataset")
    fitting = (each for each in inputs if rows_of(each) == row.dataset and registry.is_whole(each))
    return next(fitting, None)


def beside(registry: Registry, source: Version | None, name: str, ids: Sequence[str]) -> Beside:
    """The rows of ``source`` by the value of their column ``name``, for these values alone."""
    if source is None or not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    query = f"SELECT * FROM {parquet(registry.files(source))} WHERE {column(name)} IN ({marks}) ORDER BY ALL"
    held: dict[str, list[ResultRow]] = {}
    with scanning(registry.state) as connection:
        for row in records(connection, query, list(ids)):
            held.setdefault(row[name], []).append(row)
    return held
