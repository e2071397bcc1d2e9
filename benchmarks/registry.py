"""Commits, reads, diffs and many writers against pyarrow and Delta Lake: python benchmarks/registry.py."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.alone import alone
from benchmarks.sides.figure import Figure, repeated, run
from benchmarks.sides.registry import work as work
from benchmarks.sides.registry.rows import write_rows
from benchmarks.sides.registry.writers import (
    read_delta,
    read_registry,
    together,
    write_delta,
    write_registry,
)
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import Derivation
from datasets_registry.views.asking import open_views

ROWS, QUICK_ROWS = 1_000_000, 20_000
REPEATS, QUICK_REPEATS = 3, 1
TIMES, QUICK_TIMES = 10, 2


def measure(quick: bool) -> Sequence[Figure]:
    """Every figure."""
    num_rows, repeats = (QUICK_ROWS, QUICK_REPEATS) if quick else (ROWS, REPEATS)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="trimtab-registry-") as name:
        folder = Path(name)
        for order in ("in key order", "shuffled"):
            rows = folder / f"{order}.arrow"
            write_rows(rows, num_rows, order == "in key order")
            figures += commits(folder, rows, num_rows, order, repeats)
            if order == "in key order":
                figures += reads(folder, repeats)
                rows.unlink()
        figures += many(folder, rows, num_rows, QUICK_TIMES if quick else TIMES)
        rows.unlink()
    figures += writers(2 if quick else 8, 5 if quick else 25, repeats)
    return [*figures, *attach(100 if quick else 1_000)]


def commits(folder: Path, rows: Path, num_rows: int, order: str, repeats: int) -> Iterator[Figure]:
    """Commits of the rows, again, and with 1 % changed, each repeat beside pyarrow's writing of them."""
    root, out = folder / "state", folder / "one.parquet"
    taken: dict[str, list[float]] = {"commit": [], "identical": [], "clustered": [], "scattered": []}
    new: dict[str, list[float]] = {"clustered": [], "scattered": []}
    plain = []
    for _ in range(repeats):
        plain.append(alone(work.write_parquet, rows, out))
        seconds, size, _ = alone(work.commit_all, root, rows)
        taken["commit"].append(seconds / plain[-1])
        taken["identical"].append(alone(work.commit_again, root, rows)[0] / plain[-1])
        for kind in new:
            seconds, added, _ = alone(work.commit_edited, root, rows, num_rows, kind == "clustered")
            taken[kind].append(seconds / plain[-1])
            new[kind].append(100 * added / size)
    yield repeated(f"{order}: pyarrow writes {num_rows:,} rows", plain, "s")
    yield repeated(f"{order}: commit / pyarrow", taken["commit"], "ratio", "<= 1.3")
    yield repeated(f"{order}: identical commit / pyarrow", taken["identical"], "ratio", "<= 0.2")
    # ids of shuffled rows are hashes, so rows that stand together have keys far apart
    where = {"clustered": "neighbouring rows", "scattered": "every hundredth row"}
    for kind, which in where.items():
        near = kind == "clustered" and order == "in key order"
        yield repeated(
            f"{order}: 1 % changed, {which} / pyarrow", taken[kind], "ratio", "<= 0.5" if near else None
        )
        yield repeated(f"{order}: 1 % changed, {which}: new bytes", new[kind], "%", "<= 5" if near else None)
    for kind, after in (("neighbouring rows", 2), ("every hundredth row", 3)):
        seconds, changed, megabytes = alone(work.compare, root, 1, after)
        assert changed == num_rows // 100
        yield repeated(f"{order}: diff, {kind} changed", [seconds], "s", "<= 10")
        yield repeated(f"{order}: diff, {kind} changed: peak memory", [megabytes], "MB")


def reads(folder: Path, repeats: int) -> Iterator[Figure]:
    """Questions through the views against bare ``read_parquet``."""
    timings = alone(work.read, folder / "state", folder / "one.parquet", max(repeats, 3))
    for name, taken in timings.items():
        yield repeated(
            f"{name}: view / read_parquet", [view / same for view, same, _ in taken], "ratio", "<= 1.1"
        )
        yield repeated(
            f"{name}: view / one file by pyarrow", [view / file for view, _, file in taken], "ratio"
        )


def many(folder: Path, rows: Path, num_rows: int, times: int) -> Iterator[Figure]:
    """Peak memory of many more rows, and whether time grows with them."""
    root = folder / "state"
    small, _, _ = alone(work.commit_many, root, rows, 1)
    seconds, _, megabytes = alone(work.commit_many, root, rows, times)
    title = f"{times * num_rows:,} rows"
    yield repeated(f"{title}: commit", [seconds], "s")
    yield repeated(f"{title}: peak memory", [megabytes], "MB", "<= 2000")
    yield repeated(
        f"{title}: time per row / that of {num_rows:,}", [seconds / times / small], "ratio", "<= 1.2"
    )


def writers(number: int, commits: int, repeats: int) -> Iterator[Figure]:
    """Writers to datasets of their own and to one, beside readers, against Delta Lake."""
    for shared in (False, True):
        ratios, ours, wrong = [], [], []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory(prefix="trimtab-writers-") as name:
                root = Path(name) / "state"
                seconds, errors = together(root, write_registry, read_registry, number, commits, shared)
                wrong += errors + lost(root, number, commits, shared)
                delta = Path(name) / "delta"
                delta.mkdir()
                theirs, _ = together(delta, write_delta, read_delta, number, commits, shared)
            ours.append(seconds)
            ratios.append(seconds / theirs)
        title = (
            f"{number} writers × {commits} commits to {'one dataset' if shared else 'datasets of their own'}"
        )
        yield repeated(title, ours, "s")
        yield repeated(f"{title} / Delta Lake", ratios, "ratio", "<= 0.5")
        yield repeated(f"{title}: errors and losses", [len(wrong)], "", "<= 0")
        print(*wrong[:5], sep="\n", file=sys.stderr)


def lost(root: Path, number: int, commits: int, shared: bool) -> list[str]:
    """Versions that were committed and are not there."""
    registry = Registry(State(root))
    names = ["shared"] if shared else [f"dataset_{writer}" for writer in range(number)]
    there = sum(len(registry.versions(name)) for name in names)
    registry.engine.dispose()
    return [] if there == number * commits else [f"{there} versions of {number * commits}"]


def attach(number: int) -> Iterator[Figure]:
    """Opening the views of many versions and asking one; and writing them after one more."""
    with tempfile.TemporaryDirectory(prefix="trimtab-attach-") as name:
        registry = Registry(State(Path(name)).prepare())
        for turn in range(number):
            row = SuiteFigure(model="m", suite="helpful", metric="x", value=turn, low=0, high=1, num_items=1)
            made = Derivation(code_version=str(turn), settings={}, inputs=())
            version = registry.commit(SuiteFigure, [row], made)
            registry.records.add_checks(version, [], "passed")
        registry.refresh_views()
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            with open_views(registry.state) as connection:
                connection.execute('SELECT value FROM by_version."evaluation@1"').fetchall()
            taken.append(time.perf_counter() - start)
        yield repeated(f"{number:,} versions: attach and ask one", taken, "s", "<= 0.2")
        start = time.perf_counter()
        registry.record_checks(version, [])
        yield repeated(f"{number:,} versions: publish one more", [time.perf_counter() - start], "s")
        registry.engine.dispose()


if __name__ == "__main__":
    run(measure, __doc__)
