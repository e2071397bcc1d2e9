"""Collectors, writers and readers at once: nothing that somebody needs is collected."""

from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from datasets_registry import garbage
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.rows.row import to_table
from datasets_registry.state import State
from datasets_registry.store import chunks, key_order
from datasets_registry.version import Derivation
from tests.datasets_registry.catalog.forked import finish, started
from tests.datasets_registry.committing import batches_of, cut_small, rows_of
from tests.datasets_registry.killed_committer import GRACE, grow_old, named, opened, stored

HOW = Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture(autouse=True)
def small_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred rows make several objects, and put the sizes back afterwards."""
    for module in (chunks, key_order):
        for name in ("MIN_ROWS", "MEAN_MORE_ROWS", "MAX_ROWS", "RUN_BYTES", "PIECE_BYTES"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, getattr(module, name))
    cut_small()


def collect(root: Path) -> None:
    """Collect in a process of its own."""
    with opened(root) as registry:
        garbage.collect(registry, GRACE, dry_run=False)


def collecting(root: Path, count: int = 1) -> Sequence[BaseProcess]:
    """So many collectors, running."""
    return started(collect, *[(root,)] * count)


def leave_orphans(registry: Registry, step: int) -> set[Path]:
    """Objects of rows that were staged long ago and never committed."""
    before = set(stored(registry.state))
    registry.stage(SuiteFigure, batches_of("stream", step), "stream")
    grow_old(registry.state)
    return set(stored(registry.state)) - before


def test_two_collectors_at_once_remove_each_orphan_and_nothing_else(registry: Registry) -> None:
    version = registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    orphans = set().union(*(leave_orphans(registry, step) for step in range(5)))
    finish(collecting(registry.state.root, 2))
    assert len(orphans) > 20 and set(stored(registry.state)) == set(named(registry))
    assert registry.rows(SuiteFigure, version) == rows_of("left", 1)


def test_a_slow_writer_keeps_the_old_orphans_that_it_takes_up_again(registry: Registry) -> None:
    orphans = leave_orphans(registry, 1)
    collectors: list[BaseProcess] = []

    def slowly() -> Iterator[pa.Table]:
        table = to_table(SuiteFigure, rows_of("stream", 1))
        yield from (table.slice(start, 50) for start in range(0, 900, 50))
        collectors.extend(collecting(registry.state.root))
        collectors[0].join(3)  # it may be done, or wait for this writer
        yield table.slice(900)

    version = registry.commit(SuiteFigure, slowly(), HOW, "stream")
    finish(collectors)
    assert registry.rows(SuiteFigure, version) == rows_of("stream", 1)
    assert orphans & set(named(registry))


def test_objects_that_are_staged_and_not_yet_committed_are_kept(registry: Registry) -> None:
    taken_up, others = leave_orphans(registry, 1), leave_orphans(registry, 2)
    staged = registry.stage(SuiteFigure, batches_of("stream", 1), "stream")
    finish(collecting(registry.state.root))
    (version,) = registry.commit_staged([staged], HOW)
    assert registry.rows(SuiteFigure, version) == rows_of("stream", 1)
    assert set(stored(registry.state)) == taken_up and not others & taken_up


def test_a_long_reader_reads_on_beside_a_collector_and_a_writer(registry: Registry) -> None:
    first = registry.record_checks(registry.commit(SuiteFigure, batches_of("stream", 1), HOW, "stream"), [])
    leave_orphans(registry, 2)
    with duckdb.connect(registry.state.views, read_only=True) as reader:
        result = reader.execute("SELECT metric FROM stream")
        read = [row[0] for row in result.fetchmany(10)]
        registry.record_checks(registry.commit(SuiteFigure, batches_of("stream", 3), HOW, "stream"), [])
        finish(collecting(registry.state.root))
        read += [row[0] for row in result.fetchall()]
        again = reader.execute("SELECT model, count(*) FROM stream GROUP BY 1").fetchall()
        versions = reader.execute("SELECT version FROM versions").fetchall()
    assert sorted(read) == [one.metric for one in rows_of("stream", 1)]
    assert again == [("stream 1", 1_000)] and versions == [(first.number,)]


def commit_pairs(root: Path, writer: int) -> None:
    """Five transactions of two datasets each."""
    with opened(root) as registry:
        for number in range(5):
            step = 10 * writer + number
            staged = [registry.stage(SuiteFigure, rows_of(name, step), name) for name in ("left", "right")]
            registry.commit_staged(staged, HOW)


def test_three_processes_commit_to_the_same_datasets_and_nothing_is_lost(state: State) -> None:
    finish(started(commit_pairs, *[(state.root, one) for one in range(3)]))
    with opened(state.root) as registry:
        found = {}
        for name in ("left", "right"):
            versions = registry.versions(name)
            assert [one.number for one in versions] == list(range(1, 16))
            found[name] = [registry.rows(SuiteFigure, one)[0].model.split()[1] for one in versions]
    # a transaction that comes after another comes after it in both datasets
    assert found["left"] == found["right"] and len(set(found["left"])) == 15
