"""Distributions: every number in its bin, of the rows that a filter keeps, drawn with axes and in words."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.version import Derivation, Version
from studio.pages.drawn.measures import MEASURES
from studio.pages.drawn.plots import measured_of
from studio.pictures.histogram import TOP, Axis, grid, histogram
from studio.queries.distributions import Measure, Scale, Series, distributions
from tests.rows import make
from tests.studio.committed import committed

NOTHING = Derivation(code_version="1", settings={}, inputs=())
LETTERS = {"a": 10, "b": 6, "tie": 4}


def drawn_of(registry: Registry, version: Version) -> Sequence[Measure]:
    """What is measured of the version's rows."""
    measured = measured_of(registry, version)
    assert measured is not None
    return measured.measures


@pytest.fixture
def version(registry: Registry) -> Version:
    """Twenty pairs: ten a, six b and four ties; a's rejected completions are the longer ones."""
    pairs = [
        make(
            PreferencePair,
            pair_id=f"{label}{number}",
            label=label,
            p_a=0.5 if label == "tie" else 0.05 * number + 0.5,
            logit_ab=1.0,
            logit_ba=-1.0 if label == "b" else 1.0,
            chosen=None if label == "tie" else "x",
            rejected=None if label == "tie" else "y" * (100 if label == "a" else 1),
        )
        for label, count in LETTERS.items()
        for number in range(count)
    ]
    return committed(registry, pairs)


@pytest.mark.parametrize(
    "scale",
    [Scale(0.0, 0.05, 10), Scale(0.0, 0.2, 25, is_log=True), Scale(1.0, 1.0, 15), Scale(-2.0, 0.5, 4)],
)
def test_every_number_is_counted_in_its_bin(registry: Registry, scale: Scale) -> None:
    # edges themselves, what lies between and beyond, and what is no number
    numbers = [*scale.edges, *(edge + 0.01 for edge in scale.edges), -5.0, 0.0, 1e6, float("nan"), None]
    rows = [make(PreferencePair, pair_id=f"{at:03}", p_a=number) for at, number in enumerate(numbers)]
    measure = Measure("", "", scale, (Series("all", "p_a"),), ())
    (counts,) = distributions(registry, committed(registry, rows), [measure], []).counts
    known = [number for number in numbers if number is not None and number == number]
    # an edge that is a sum of fractions is met as nearly as they are
    places = [bisect_right(scale.edges, number + 1e-9 * abs(number)) - 1 for number in known]
    assert counts.series[0].bins == Counter(max(0, min(scale.bins - 1, place)) for place in places)


def test_series_shares_and_pairs_of_bins_are_those_of_the_rows(registry: Registry, version: Version) -> None:
    confidence, _, lengths, position = distributions(
        registry, version, drawn_of(registry, version), []
    ).counts
    assert [series.number for series in confidence.series] == [16, 4]
    assert confidence.series[1].bins == {0: 4} and lengths.shares == {"the chosen one is longer": 0.0}
    # b's letters differ between the orders: whichever stands first wins
    assert position.cells == {(7, 7): 14, (7, 2): 6}
    assert position.shares == {"the one shown first wins": (14 * 0.5 + 6) / 20, "both orders agree": 14 / 20}


def test_a_page_follows_the_filters_and_says_so(client: TestClient, version: Version) -> None:
    whole = client.get(f"/distributions/{version}").text
    assert "Of 20 pairs." in whole and "16 labelled" in whole
    tied = client.get(f"/distributions/{version}", params={"label": "tie", "order": "longest"}).text
    assert "Of 4 of 20 pairs: those with label tie." in tied and f'href="/pairs/{version}?label=tie"' in tied
    answer = client.get(f"/distributions/{version}", params={"confidence": "x' OR 1=1"})
    assert answer.status_code == 400 and "cannot be chosen: use one of" in answer.text


def test_plots_stand_on_a_page_of_rows_where_they_cost_little(
    client: TestClient, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/pairs/{version}?label=tie"
    assert "Distributions of 4 pairs" in client.get(address).text
    assert "<svg" not in client.get(f"{address}&text=x").text
    monkeypatch.setattr("studio.pages.listing.FEW_ROWS", 19)
    text = client.get(address).text
    assert "<svg" not in text and f'href="/distributions/{version}?label=tie"' in text


@pytest.mark.parametrize("dataset", MEASURES)
def test_every_dataset_that_is_measured_is_drawn_with_axes_and_words(
    client: TestClient, registry: Registry, dataset: str
) -> None:
    row = ROW_TYPES[dataset]
    version = committed(registry, [make(row)])
    measures = drawn_of(registry, version)
    assert len(measures) == len(MEASURES[dataset].measures)
    assert f'href="/distributions/{version}"' in client.get(f"/version/{version}").text
    text = client.get(f"/distributions/{version}").text
    for picture in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        assert (
            re.search(r'role="img" aria-label="[^"]+\d[^"]+"', picture) and picture.count('class="name"') == 2
        )
    assert text.count("<figure") == len(measures) and "As a table" in text and " style=" not in text


def test_other_rows_with_completions_have_their_lengths_drawn(client: TestClient, registry: Registry) -> None:
    version = committed(registry, [make(HelpfulAnswer, completion="x" * 20)])
    assert "1 completions, median 20" in client.get(f"/distributions/{version}").text


def test_a_dataset_of_which_nothing_is_measured_is_refused(client: TestClient, registry: Registry) -> None:
    version = committed(registry, [make(HelpfulPrompt)])
    assert "Distributions" not in client.get(f"/version/{version}").text
    answer = client.get(f"/distributions/{version}")
    assert answer.status_code == 400 and f"nothing is drawn of {version}: look at /version/" in answer.text


def test_the_position_of_raw_verdicts_counts_different_completions_alone(registry: Registry) -> None:
    verdicts = [
        make(AiJudgement, pair_id=f"{order}{at}", order=order, p_first=0.9, verdict=verdict)
        for order, verdict in (("ab", "first"), ("ba", "second"), ("aa", "first"))
        for at in range(3)
    ]
    version = committed(registry, verdicts)
    (position,) = distributions(registry, version, drawn_of(registry, version), []).counts
    assert position.shares == {"the one shown first wins": 0.5}
    assert [series.number for series in position.series] == [6, 3]


def test_a_bar_is_as_high_as_its_count_and_stays_within_the_axes() -> None:
    drawn = histogram(Axis([0, 1, 2, 3], is_open=True), {"some": {0: 10, 2: 5}, "others": {2: 1}})
    heights = {bar.text: bar.height for bar in drawn.bars}
    assert heights["0: 10 some"] == 2 * heights["2 or more: 5 some"] == 10 * heights["2 or more: 1 others"]
    for bar in drawn.bars:
        assert drawn.left <= bar.x and bar.x + bar.width <= drawn.width - drawn.right
        assert bar.y >= TOP and abs(bar.y + bar.height - drawn.floor) < 0.2
    assert drawn.table == [["0", "10", "0"], ["1", "0", "0"], ["2 or more", "5", "1"]]


def test_a_series_keeps_its_colour_where_another_is_empty() -> None:
    axis = Axis([0, 1, 2])
    (alone,) = histogram(axis, {"labelled": {}, "ties": {1: 3}}).bars
    both = histogram(axis, {"labelled": {1: 3}, "ties": {1: 3}}).bars
    assert alone.series == both[1].series == 1 and alone.width == pytest.approx(2 * both[1].width, abs=0.2)


def test_the_fuller_a_cell_the_darker_it_is() -> None:
    drawn = grid(Axis([0, 0.5, 1]), {(0, 0): 1, (0, 1): 30, (1, 1): 1000})
    shades = [bar.opacity for bar in drawn.bars]
    assert shades == sorted(shades) and len(set(shades)) == 3 and shades[-1] == 1
    low, high, _ = drawn.bars
    assert low.x == high.x and low.y > high.y


@pytest.mark.parametrize("most", [0, 1, 2, 9, 17, 1_000, 999_999])
def test_counts_are_marked_at_whole_numbers_that_fit(most: int) -> None:
    marks = [tick.text for tick in histogram(Axis([0, 1]), {"all": {0: most} if most else {}}).up]
    assert marks[0] == "0" and len(marks) == len(set(marks)) <= 6 and all(len(mark) <= 5 for mark in marks)
