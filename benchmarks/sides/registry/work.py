"""What benchmarks/registry.py times, each in a process of its own."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.sides.alone import peak_megabytes
from benchmarks.sides.registry.rows import SCHEMA, Example, batches, edited, multiplied
from datasets_registry.inspecting.comparison import Comparison
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import State
from datasets_registry.version import Derivation
from datasets_registry.views.asking import open_views
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import scanning

QUERIES = {
    "group-by": "SELECT substr(prompt, 1, 1) AS first, count(*), avg(length(chosen)) FROM {} GROUP BY 1",
    "unnest of steps": "SELECT one.label, count(*), avg(one.n_correct) FROM"
    " (SELECT unnest(steps) AS one FROM {}) GROUP BY 1",
}


def how(code: str) -> Derivation:
    """A derivation from nothing."""
    return Derivation(code_version=code, settings={}, inputs=())


def write_parquet(rows: Path, out: Path) -> float:
    """Seconds that pyarrow takes to write the rows to zstd Parquet."""
    start = time.perf_counter()
    with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        for batch in batches(rows):
            writer.write_batch(batch)
    return time.perf_counter() - start


def commit(root: Path, batches: Iterable[pa.RecordBatch]) -> tuple[float, int, float]:
    """Seconds of one commit, how many bytes it added, and peak megabytes."""
    registry = Registry(State(root).prepare())
    before = {path for path in registry.state.objects.rglob("*.parquet")}
    start = time.perf_counter()
    version = registry.commit(Example, batches, how("bench"))
    seconds = time.perf_counter() - start
    registry.record_checks(version, [])
    added = sum(path.stat().st_size for path in registry.files(version) if path not in before)
    registry.engine.dispose()
    return seconds, added, peak_megabytes()


def commit_all(root: Path, rows: Path) -> tuple[float, int, float]:
    """A first commit into an empty store."""
    shutil.rmtree(root, ignore_errors=True)
    return commit(root, batches(rows))


def commit_again(root: Path, rows: Path) -> tuple[float, int, float]:
    """The same rows once more."""
    return commit(root, batches(rows))


def commit_edited(root: Path, rows: Path, num_rows: int, clustered: bool) -> tuple[float, int, float]:
    """The rows with 1 % changed, beside those that are stored."""
    return commit(root, edited(rows, num_rows, clustered))


def commit_many(root: Path, rows: Path, times: int) -> tuple[float, int, float]:
    """``times`` as many rows, in no order."""
    shutil.rmtree(root, ignore_errors=True)
    return commit(root, multiplied(rows, times))


def read(root: Path, single: Path, repeats: int) -> dict[str, list[tuple[float, float, float]]]:
    """Seconds of each query, warm and in turn: the view, ``read_parquet`` of its files, and of one file."""
    registry = Registry(State(root))
    files = registry.files(registry.version("examples", 1))
    sources = ['by_version."examples@1"', parquet(files), parquet([single])]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in QUERIES}
    with open_views(registry.state) as connection:
        for turn in range(repeats + 1):
            for name, query in QUERIES.items():
                taken = [_seconds(connection, query.format(source)) for source in sources]
                if turn:
                    found[name].append((taken[0], taken[1], taken[2]))
    registry.engine.dispose()
    return found


def _seconds(connection: "duckdb.DuckDBPyConnection", query: str) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        connection.execute(query).fetchall()
        taken.append(time.perf_counter() - start)
    return median(taken)


def compare(root: Path, before: int, after: int) -> tuple[float, int, float]:
    """Seconds to compare two versions, how many rows changed, and peak megabytes."""
    registry = Registry(State(root))
    ROW_TYPES[Example.dataset] = Example
    old, new = (registry.version("examples", number) for number in (before, after))
    start = time.perf_counter()
    with scanning(registry.state) as connection:
        changed = Comparison(connection, registry, old, new).counts().changed
    seconds = time.perf_counter() - start
    registry.engine.dispose()
    return seconds, changed, peak_megabytes()
