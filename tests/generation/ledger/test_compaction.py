"""Compaction makes few segments of many, and no reader, writer or kill can tell."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State, locked
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA
from generation.ledger import compaction, merging
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger
from generation.ledger.segments import listed, new_name
from generation.request import Completion

START = datetime(2026, 1, 1, tzinfo=UTC)


def stored(number: int, *, attempt: int = 0, error: str | None = None) -> dict[str, Any]:
    """The row of an attempt at key ``number``."""
    completion = Completion(
        text=f"{number}/{attempt}", finish_reason="error" if error else "stop", error=error
    )
    return completion.model_dump() | {
        "key": f"{number:064x}",
        "model": "m",
        "backend": "b",
        "asset": "a",
        "request": "{}",
        "seconds": 0.5,
        "usd": 0.25,
        # later keys are older, so that both orders differ
        "created_at": START + timedelta(seconds=attempt, milliseconds=-number),
    }


@pytest.fixture
def ledger(state: State) -> Ledger:
    """Ten segments of ten keys."""
    ledger = Ledger(state.ledger)
    for segment in range(10):
        ledger.append([stored(number) for number in range(segment, 100, 10)])
    return ledger


def seen(ledger: Ledger) -> list[tuple[Any, ...]]:
    """All that anybody with DuckDB sees of the ledger, through the registry's view."""
    registry = Registry(State(ledger.folder.parent).prepare())
    registry.refresh_views()
    registry.engine.dispose()
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            "SELECT * FROM completions ORDER BY key, created_at"
        ).fetchall()
        return rows


def test_what_is_merged_is_in_order_small_in_number_and_found(ledger: Ledger) -> None:
    before, stats = seen(ledger), ledger.stats()
    done = compact(ledger)
    assert (done.num_merged, done.num_rows, done.num_segments) == (10, 100, 1)
    (name,) = ledger.segments()
    merged = pq.read_table(ledger.folder / name)
    times = merged.column("created_at").to_pylist()
    assert times == sorted(times) and len(merged.column("key").unique()) == 100
    assert ledger.find([f"{7:064x}"])[f"{7:064x}"].text == "7/0"
    assert (seen(ledger), ledger.stats()) == (before, stats)


def test_merged_segments_are_deleted_after_a_while_and_not_before(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen(ledger)
    compact(ledger)
    assert compact(ledger).num_deleted == 0 and len(listed(ledger.folder)) == 11
    monkeypatch.setattr(compaction, "GRACE_SECONDS", -1.0)
    assert compact(ledger).num_deleted == 10
    assert listed(ledger.folder) == ledger.segments() and len(ledger.segments()) == 1
    assert seen(ledger) == before


ATTEMPTS = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=12)


@settings(max_examples=8)
@given(ATTEMPTS)
def test_compacting_at_any_time_changes_nothing_that_is_read(
    tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[int, bool, bool]]
) -> None:
    plain, compacted = (Ledger(State(tmp_path_factory.mktemp("s")).prepare().ledger) for _ in range(2))
    for attempt, (number, fails, compacts) in enumerate(attempts):
        for ledger in (plain, compacted):
            ledger.append([stored(number, attempt=attempt, error="broke" if fails else None)])
        if compacts:
            compact(compacted)
    compact(compacted)
    keys = [f"{number:064x}" for number in range(6)]
    assert plain.find(keys) == compacted.find(keys)
    assert plain.stats() == compacted.stats()
    assert seen(plain) == seen(compacted)
    first = {number: attempt for attempt, (number, fails, _) in reversed([*enumerate(attempts)]) if not fails}
    texts = {f"{number:064x}": f"{number}/{attempt}" for number, attempt in first.items()}
    assert {key: completion.text for key, completion in compacted.find(keys).items()} == texts


def test_a_merged_segment_holds_the_first_success_of_a_key_and_every_failure(state: State) -> None:
    ledger = Ledger(state.ledger)
    for attempt, error in enumerate(["broke", None, "broke", None]):
        ledger.append([stored(1, attempt=attempt, error=error)])
    assert compact(ledger).num_rows == 3
    (name,) = ledger.segments()
    assert pq.read_table(ledger.folder / name).column("text").to_pylist() == ["1/0", "1/1", "1/2"]


def test_large_segments_are_left_alone(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "LARGE_ROWS", 100)
    compact(ledger)
    (large,) = ledger.segments()
    for number in (1000, 1001):
        ledger.append([stored(number)])
    assert compact(ledger).num_merged == 2
    assert large in ledger.segments() and len(ledger.segments()) == 2


def test_a_ledger_without_anything_to_merge_is_left_as_it_is(tmp_path: Path) -> None:
    assert compact(Ledger(tmp_path)).num_segments == 0
    Ledger(tmp_path).append([stored(1)])
    assert compact(Ledger(tmp_path)).num_merged == 0


def test_only_one_compaction_runs_at_a_time(ledger: Ledger) -> None:
    with locked(ledger.folder / ".compaction.lock"):
        assert compact(ledger).num_merged == 0
    assert compact(ledger).num_merged == 10


def test_a_segment_of_an_older_release_lacks_columns_and_is_read_and_merged(ledger: Ledger) -> None:
    old = LEDGER_SCHEMA
    given = ("continuation_logprob", "num_continuation_tokens", "continuation_is_greedy")
    for name in ("usd", "num_cached_tokens", *given, "prompt_digest", "prompt_renderer", "thought"):
        old = old.remove(old.get_field_index(name))
    rows = [{name: stored(500)[name] for name in old.names}]
    pq.write_table(pa.Table.from_pylist(rows, schema=old), ledger.folder / new_name())
    alone = Ledger(ledger.folder.with_name("alone"))
    alone.folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=old), alone.folder / new_name())
    for store in (ledger, alone):
        completion = store.find([f"{500:064x}"])[f"{500:064x}"]
        assert completion.num_cached_tokens == 0 and completion.continuation_logprob is None
        assert completion.prompt_digest is None and completion.thought is None
        assert store.stats()[0]["cached_tokens"] == 0
    before = ledger.find([f"{500:064x}"])
    assert compact(ledger).num_rows == 101
    assert ledger.find([f"{500:064x}"]) == before


def test_a_segment_of_a_later_release_keeps_its_new_columns(ledger: Ledger) -> None:
    later = LEDGER_SCHEMA.append(pa.field("mood", pa.string()))
    name = new_name()
    pq.write_table(pa.Table.from_pylist([stored(500) | {"mood": "fine"}], schema=later), ledger.folder / name)
    assert compact(ledger).num_merged == 10
    assert name in ledger.segments()
    assert ledger.ask("SELECT mood FROM completions WHERE mood IS NOT NULL") == [{"mood": "fine"}]


def test_a_broken_segment_is_named_with_the_remedy(ledger: Ledger) -> None:
    (ledger.folder / new_name()).write_bytes(b"PAR1 cut off")
    with pytest.raises(BrokenObject, match="cannot be read.*move it away"):
        ledger.find([f"{1:064x}"])


def test_what_killed_processes_left_is_removed(ledger: Ledger) -> None:
    (ledger.folder / ".spill-1").mkdir()
    for name, age in ((".tmp-old", 7200), (".tmp-new", 0)):
        (ledger.folder / name).write_text("half a segment")
        os.utime(ledger.folder / name, (time.time() - age,) * 2)
    compact(ledger)
    assert sorted(path.name for path in ledger.folder.glob(".[ts]*")) == [".tmp-new"]


def test_readers_and_writers_notice_nothing_of_compactions(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "GRACE_SECONDS", 0.5)
    stop, written = threading.Event(), list(range(100))
    thread = threading.Thread(target=lambda: [compact(ledger) for _ in iter(stop.is_set, True)])
    thread.start()
    try:
        for number in range(1000, 1015):
            ledger.append([stored(number)])
            written.append(number)
            keys = [f"{number:064x}" for number in written]
            assert ledger.find(keys).keys() == set(keys)
            assert ledger.stats()[0]["completions"] == len(written)
    finally:
        stop.set()
        thread.join()


COMPACTING = """
import sys
from pathlib import Path
from generation.ledger import compaction, merging
from generation.ledger.ledger import Ledger
compaction.GRACE_SECONDS = 0.05
print("ready", flush=True)
while True:
    compaction.compact(Ledger(Path(sys.argv[1])))
"""


def test_a_compaction_killed_at_any_moment_loses_and_doubles_nothing(ledger: Ledger) -> None:
    for kill in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", COMPACTING, str(ledger.folder)], cwd=REPOSITORY, stdout=subprocess.PIPE
        )
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 0.05 + 0.07 * kill
        while time.monotonic() < deadline:
            ledger.append([stored(1000 + len(listed(ledger.folder)))])
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        rows = seen(ledger)
        assert len({row[0] for row in rows}) == len(rows) >= 100
        assert ledger.find([f"{number:064x}" for number in range(100)]).keys() >= {f"{5:064x}"}
        assert len(ledger.find([f"{number:064x}" for number in range(100)])) == 100


def test_segments_that_overlap_in_time_are_merged_in_order_in_small_groups(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "ROW_GROUP", 7)
    ledger = Ledger(state.ledger)
    for segment in range(4):
        # each spans the whole time, and holds a key of the one before
        ledger.append([stored(number) for number in [*range(segment, 100, 4), (segment + 99) % 100]])
    before = seen(ledger)
    for done in (compact(ledger), compact(ledger, at_least=1)):
        assert done.num_rows == 100
    (name,) = ledger.segments()
    times = pq.read_table(ledger.folder / name).column("created_at").to_pylist()
    assert times == sorted(times) and seen(ledger) == before
    metadata = pq.read_metadata(ledger.folder / name)
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == [7] * 14 + [2]


def test_a_segment_that_loses_rows_while_it_is_merged_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, segments = seen(ledger), ledger.segments()
    read = merging._rows
    monkeypatch.setattr(merging, "_rows", lambda group: read(group).slice(1))
    with pytest.raises(BrokenObject, match=r"read 90 of 100 rows: nothing was changed; check the disk"):
        compact(ledger)
    assert ledger.segments() == segments and seen(ledger) == before
