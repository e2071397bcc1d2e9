"""Any number of rows: sorted on disk, cut at keys, shared with the version before, named all at once."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.store import chunks, key_order
from datasets_registry.version import Derivation
from tests.rows import make


class Text(Row):
    """A numbered text."""

    dataset: ClassVar[str] = "texts"
    grain: ClassVar[str] = "One row per number."
    key: ClassVar[tuple[str, ...]] = ("number",)

    number: int = Field(description="Which text")
    text: str = Field(description="The text")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, pieces and chunks so small that a few thousand rows have many."""
    monkeypatch.setattr(key_order, "RUN_BYTES", 1 << 14)
    monkeypatch.setattr(key_order, "PIECE_BYTES", 1 << 10)
    monkeypatch.setattr(chunks, "MIN_ROWS", 64)
    monkeypatch.setattr(chunks, "MEAN_MORE_ROWS", 128)
    monkeypatch.setattr(chunks, "MAX_ROWS", 1_024)


def batches(numbers: list[int], edit: str = "") -> Iterator[pa.RecordBatch]:
    """Rows of these numbers, a hundred to a batch; each is given once, as a stream would."""
    for start in range(0, len(numbers), 100):
        part = numbers[start : start + 100]
        texts = [f"text {one}{edit if one == 77 else ''}" for one in part]
        yield pa.record_batch({"number": part, "text": texts}, schema=arrow_schema(Text))


def shuffled(count: int) -> list[int]:
    """The numbers below ``count`` in a seeded disorder."""
    numbers = list(range(count))
    random.Random(0).shuffle(numbers)
    return numbers


@pytest.mark.parametrize("sorted_before", [0, 2_999, 3_000])
def test_a_stream_in_any_order_comes_back_in_key_order(
    sorted_before: int, registry: Registry, derivation: Derivation
) -> None:
    numbers = list(range(3_000))
    numbers[sorted_before:] = shuffled(3_000 - sorted_before)
    if sorted_before:
        numbers = [*range(3_000 - sorted_before, 3_000), *range(3_000 - sorted_before)]
    version = registry.commit(Text, batches(numbers), derivation)
    assert registry.table(version)["number"].to_pylist() == list(range(3_000))
    assert version.num_rows == 3_000 and len(registry.files(version)) > 5
    again = registry.commit(Text, batches(list(range(3_000))), derivation)
    assert again == version
    assert list((registry.state.cache / "spill").glob("*")) == []


def test_an_edit_and_an_insertion_write_only_the_chunks_that_they_touch(
    registry: Registry, derivation: Derivation
) -> None:
    first = registry.commit(Text, batches(list(range(3_000))), derivation)
    edited = registry.commit(Text, batches(list(range(3_000)), edit="!"), derivation)
    assert len(set(registry.files(edited)) - set(registry.files(first))) == 1
    inserted = registry.commit(Text, batches([-1, *range(3_000)]), derivation)
    assert len(set(registry.files(inserted)) - set(registry.files(first))) == 1
    assert [one.number for one in registry.versions("texts")] == [1, 2, 3]


def test_large_rows_are_cut_by_size(
    registry: Registry, derivation: Derivation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_BYTES", 1_000)
    version = registry.commit(Text, batches(list(range(300))), derivation)
    assert len(registry.files(version)) > 3
    assert registry.commit(Text, batches(shuffled(300)), derivation) == version


def test_a_key_that_stands_twice_far_apart_is_refused(registry: Registry, derivation: Derivation) -> None:
    with pytest.raises(BadInput, match="two rows have the key .'number': 5"):
        registry.commit(Text, batches([*shuffled(3_000), 5]), derivation)
    assert list((registry.state.cache / "spill").glob("*")) == []


def test_a_stream_that_breaks_off_leaves_no_version(registry: Registry, derivation: Derivation) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches(shuffled(2_000))
        raise RuntimeError("the source went away")

    with pytest.raises(RuntimeError, match="went away"):
        registry.commit(Text, broken(), derivation)
    assert registry.names("dataset") == []


def test_an_empty_stream_is_an_empty_version(registry: Registry, derivation: Derivation) -> None:
    version = registry.commit(Text, [], derivation)
    assert version.num_rows == 0 and registry.table(version).schema.names == ["number", "text"]


def test_several_datasets_become_visible_together_or_not_at_all(
    registry: Registry, derivation: Derivation
) -> None:
    staged = [registry.stage(Text, batches([1, 2])), registry.stage(HelpfulPrompt, [make(HelpfulPrompt)])]
    assert registry.names("dataset") == []
    next(registry.state.objects.glob(f"??/{staged[1].objects[0].sha}.parquet")).unlink()
    with pytest.raises(Exception, match="disappeared before its commit"):
        registry.commit_staged(staged, derivation)
    assert registry.names("dataset") == []
    staged[1] = registry.stage(HelpfulPrompt, [make(HelpfulPrompt)])
    assert list(map(str, registry.commit_staged(staged, derivation))) == ["texts@1", "helpful_prompts@1"]


class MoreText(Text):
    """A text with a column more."""

    language: str | None = Field(None, description="Language, where known")


class OtherText(Row):
    """A text whose number is a string."""

    dataset: ClassVar[str] = "texts"
    grain: ClassVar[str] = "One row per number."
    key: ClassVar[tuple[str, ...]] = ("number",)

    number: str = Field(description="Which text")
    text: str = Field(description="The text")


def test_a_column_may_be_added_and_the_old_version_is_still_read(
    registry: Registry, derivation: Derivation
) -> None:
    old = registry.commit(Text, [Text(number=1, text="a")], derivation)
    new = registry.commit(MoreText, [MoreText(number=1, text="a", language="en")], derivation)
    assert (old.number, new.number) == (1, 2)
    assert registry.rows(MoreText, old) == [MoreText(number=1, text="a", language=None)]
    with pytest.raises(BadInput, match="column 'language' of texts@2 is no longer in its row type"):
        registry.commit(Text, [Text(number=2, text="b")], derivation)


def test_a_column_may_not_change_its_type(registry: Registry, derivation: Derivation) -> None:
    registry.commit(Text, [Text(number=1, text="a")], derivation)
    with pytest.raises(BadInput, match="column 'number' is int64 in texts@1, and string in its row type"):
        registry.commit(OtherText, [OtherText(number="1", text="a")], derivation)


@pytest.mark.parametrize("name", ["../x", 'a";drop table', "a" * 300, "ｅvaluation"])
def test_unusable_names_are_refused_before_anything_is_written(
    name: str, registry: Registry, derivation: Derivation
) -> None:
    with pytest.raises(BadInput, match="not usable"):
        registry.commit(SuiteFigure, [make(SuiteFigure)], derivation, name)
    assert list(Path(registry.state.objects).glob("*")) == []
