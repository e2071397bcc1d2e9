"""Keys and histories are read once, and stay right while others write and merge."""

import random
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from datasets_registry.state import State
from generation.ledger import compaction
from generation.ledger.compaction import compact
from generation.ledger.history import Histories, History
from generation.ledger.known import Known, _rows_of
from generation.ledger.ledger import Ledger, Origin
from tests.generation.ledger.test_compaction import stored


@pytest.fixture
def ledger(state: State) -> Ledger:
    """An empty ledger."""
    return Ledger(state.ledger)


def key(number: int) -> str:
    """The key of row ``number``."""
    return f"{number:064x}"


def mean(ledger: Ledger) -> History | None:
    """The history as a fresh process reads it."""
    return Histories(ledger, Origin("m", "b", "a")).of("text")


def test_one_that_has_looked_before_finds_what_a_fresh_one_finds_through_writes_and_merges(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "GRACE_SECONDS", -1.0)
    rng, known, histories = random.Random(0), Known(ledger), Histories(ledger, Origin("m", "b", "a"))
    for attempt in range(6):
        numbers = rng.sample(range(40), 5)
        ledger.append(
            [
                stored(number, attempt=attempt, error="broke" if rng.random() < 0.3 else None)
                for number in numbers
            ]
        )
        if rng.random() < 0.4:
            compact(ledger)
        keys = [key(number) for number in range(45)]
        found = known.find(keys)
        assert found == ledger.find(keys)
        first = ledger.ask(
            "SELECT key, min_by(text, created_at) AS text FROM stored WHERE error IS NULL GROUP BY key"
        )
        assert {each: completion.text for each, completion in found.items()} == {
            row["key"]: row["text"] for row in first
        }
        assert histories.of("text") == mean(ledger)


def test_a_segment_that_was_read_is_not_read_again(ledger: Ledger) -> None:
    ledger.append([stored(number) for number in range(10)])
    known, histories = Known(ledger), Histories(ledger, Origin("m", "b", "a"))
    (old,) = ledger.segments()
    before = known.find([key(20)]), histories.of("text")
    (ledger.folder / old).write_bytes(b"nothing that can be read")
    ledger.append([stored(20)])
    assert before[0] == {} and known.find([key(20)])[key(20)].text == "20/0"
    assert histories.of("text") == before[1] is not None


def test_of_a_large_segment_only_the_row_groups_that_are_asked_for_are_read(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "ROW_GROUP", 16)
    for first in range(0, 100, 20):
        ledger.append([stored(number) for number in range(first, first + 20)])
    compact(ledger)
    known, asked = Known(ledger), [0, 17, 18, 50, 99]
    texts = {number: known.find([key(number)])[key(number)].text for number in asked}
    assert texts == {number: f"{number}/0" for number in asked}
    assert known.find([key(number) for number in range(100)]).keys() == set(map(key, range(100)))


def test_rows_of_several_row_groups_are_found_each_in_its_own(ledger: Ledger) -> None:
    ledger.append([stored(number) for number in range(20)])
    (path,) = ledger.folder.glob("*.parquet")
    pq.write_table(pq.read_table(path), path, row_group_size=3)
    wanted = [0, 2, 3, 8, 9, 10, 19]
    found = Known(ledger).find([key(number) for number in wanted])
    texts = {row["key"]: row["text"] for row in ledger.ask("SELECT key, text FROM stored")}
    assert {each: completion.text for each, completion in found.items()} == {
        key(number): texts[key(number)] for number in wanted
    }


def test_a_segment_that_is_gone_or_closed_to_us_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _rows_of(tmp_path / "gone.parquet", np.array([0]))
