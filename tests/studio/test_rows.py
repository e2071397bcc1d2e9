"""Pages of rows: each row once, in any order, under any filter, and hits as they are found."""

import json

import pytest
from starlette.testclient import TestClient

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.store import chunks
from datasets_registry.version import Derivation, Version
from studio.pages.choices import PAIRS, SAMPLES
from studio.queries.rows import rows_page
from studio.queries.search import Search
from tests.rows import make

NOTHING = Derivation(code_version="1", settings={}, inputs=())
NUM_PAIRS = 30


def pair(number: int) -> PreferencePair:
    """A pair: some are ties, and their probabilities come in a few values and as null."""
    label = ("a", "b", "tie")[number % 3]
    chosen = None if label == "tie" else "yes " * number
    p_a = None if number % 5 == 0 else (number % 4) / 4
    return make(
        PreferencePair,
        pair_id=f"pair_{number:02d}",
        label=label,
        chosen=chosen,
        rejected=None if chosen is None else "No.",
        p_a=p_a,
        category="odd" if number % 2 else "even",
    )


@pytest.fixture
def version(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Version:
    """Thirty pairs, in several files."""
    for name, number in (("MIN_ROWS", 3), ("MEAN_MORE_ROWS", 3), ("MAX_ROWS", 8)):
        monkeypatch.setattr(chunks, name, number)
    pairs = [pair(number) for number in range(NUM_PAIRS)]
    version = registry.record_checks(registry.commit(PreferencePair, pairs, NOTHING), [])
    assert len(registry.files(version)) > 3
    return version


@pytest.mark.parametrize("order", ["", *PAIRS.orders])
@pytest.mark.parametrize("asked", [{}, {"category": "odd"}, {"confidence": "unsure", "label": "a"}])
def test_paging_gives_each_row_once(
    registry: Registry, version: Version, order: str, asked: dict[str, str]
) -> None:
    def ids(limit: int) -> list[str]:
        found, after = list[str](), None
        while True:
            page = rows_page(registry, version, conditions, chosen, after, limit)
            found += [row["pair_id"] for row in page.rows]
            after = page.after
            if after is None:
                return found

    conditions, chosen = PAIRS.conditions(asked), PAIRS.order({"order": order})
    whole = ids(1_000)
    assert ids(4) == whole and len(set(whole)) == len(whole) > 0
    assert order or whole == sorted(whole)


@pytest.mark.parametrize("order", PAIRS.orders)
def test_a_page_in_an_order_has_the_stored_texts(registry: Registry, version: Version, order: str) -> None:
    stored = {row["pair_id"]: row for row in registry.table(version).to_pylist()}
    rows = rows_page(registry, version, order=PAIRS.orders[order], limit=3).rows
    assert rows and all(row == stored[row["pair_id"]] for row in rows)


def test_rows_of_a_key_of_several_columns_are_found_by_all_of_them(registry: Registry) -> None:
    samples = [
        make(Candidate, problem_id=f"problem {row % 3}", hinted=row % 2 == 0, sample=row // 6, num_tokens=row)
        for row in range(24)
    ]
    version = registry.record_checks(registry.commit(Candidate, samples, NOTHING), [])
    rows = rows_page(registry, version, order=SAMPLES.orders["longest"], limit=4).rows
    assert [row["num_tokens"] for row in rows] == [23, 22, 21, 20]


def test_a_filter_whose_rows_are_found_early_reads_no_further(registry: Registry, version: Version) -> None:
    registry.files(version)[-1].write_bytes(b"no Parquet")
    conditions = PAIRS.conditions({"category": "odd"})
    assert len(rows_page(registry, version, conditions, limit=2).rows) == 2
    with pytest.raises(BrokenObject):
        rows_page(registry, version, conditions, limit=NUM_PAIRS)


@pytest.mark.parametrize("word", ["a.b", "[", "\\E", "ä", "\x00"])
def test_a_search_takes_a_text_as_it_stands(registry: Registry, word: str) -> None:
    pairs = [
        make(PreferencePair, pair_id="has", prompt=f"so {word.upper()} is"),
        make(PreferencePair, pair_id="no"),
    ]
    version = registry.record_checks(registry.commit(PreferencePair, pairs, NOTHING), [])
    hits = [
        row["pair_id"] for group in Search(registry, version, ["prompt"], word, []).hits() for row in group
    ]
    assert hits == ["has"]


def test_rows_without_a_number_come_last(registry: Registry, version: Version) -> None:
    rows = rows_page(registry, version, [], PAIRS.orders["unsure"], limit=100).rows
    known = [row["p_a"] is not None for row in rows]
    assert known == sorted(known, reverse=True) and rows[0]["p_a"] == 0.5


@pytest.mark.parametrize("after", ["", "nonsense", "[]", '["a", "b"]', '[{"a": 1}]', "[null]", '{"a": 1}'])
def test_a_place_that_is_none_is_refused(registry: Registry, version: Version, after: str) -> None:
    with pytest.raises(BadInput, match="is no place in these rows: begin at the first page"):
        rows_page(registry, version, after=after)


@pytest.mark.parametrize("name", [each.name for each in PAIRS.filters if each.words] + ["order"])
def test_a_word_that_cannot_be_chosen_is_named(client: TestClient, version: Version, name: str) -> None:
    answer = client.get(f"/pairs/{version}", params={name: "x' OR 1=1"})
    assert answer.status_code == 400 and "cannot be chosen: use one of" in answer.text


def test_a_value_is_a_value_and_no_sql(client: TestClient, version: Version) -> None:
    answer = client.get(f"/pairs/{version}", params={"category": "' OR true --"})
    assert answer.status_code == 200 and "There are no pairs like that" in answer.text


def test_a_search_finds_in_whatever_case_and_says_that_it_is_whole(
    client: TestClient, version: Version
) -> None:
    text = client.get(f"/pairs/{version}", params={"text": "YES yes yes yes", "label": "a"}).text
    expected = [number for number in range(NUM_PAIRS) if number % 3 == 0 and number >= 4]
    assert text.count("<article") == len(expected) and "the whole version was searched" in text


def test_a_stopped_search_reads_no_further(registry: Registry, version: Version) -> None:
    search = Search(registry, version, PAIRS.texts, "yes", [])
    search.stop()
    assert list(search.hits()) == [] and search.num_files_read == 0


def test_every_row_of_a_table_is_linked_to_its_sources(client: TestClient, version: Version) -> None:
    text = client.get(f"/rows/{version}").text
    assert text.count(f'href="/row/{version}?id=pair_') == 25 and "Next page" in text
    after = json.dumps(["pair_24"])
    assert client.get(f"/rows/{version}", params={"after": after}).text.count('class="entry"') == 5
