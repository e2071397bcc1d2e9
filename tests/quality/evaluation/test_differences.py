"""Differences are paired, have honest intervals, and are false no more often than they say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationDifference
from methods.evaluation.measures import Measure, combined, linearised, share
from methods.evaluation.suite import Answered
from quality.evaluation.answered import ByModel, answered
from quality.evaluation.axes import COMPOSITE, Axis, CompositeSettings
from quality.evaluation.differences import Comparison, differences
from quality.evaluation.drawing import Drawing
from quality.evaluation.permutation import Swaps, holm, p_value
from tests.quality.evaluation.graded import GRADED, NAME, answer, items, models, values_of

Grades = Sequence[Mapping[str, float | None]]


def compare(asked: ByModel, baseline: str = "b") -> list[EvaluationDifference]:
    rows = differences(asked, baseline, suites=GRADED)
    return [row for row in rows if row.suite == NAME]


def of(count: int, ours: Grades, theirs: Grades, per_cluster: int = 1) -> dict[str, EvaluationDifference]:
    asked = models(items(count, per_cluster), {"a": ours, "b": theirs})
    return {row.metric: row for row in compare(asked)}


def test_only_what_both_answered_and_both_were_graded_on_is_compared() -> None:
    asked = items(30)
    graded = [
        answer(item, model, {"share": grade}, failure=failure)
        for model, odd in (("a", 3), ("b", 7))
        for place, item in enumerate(asked)
        for grade, failure in [
            (
                None if place == odd else float(model == "a" or place < 10),
                "error" if place == odd + 1 else None,
            )
        ]
    ]
    (row,) = compare(answered(asked, graded))
    # places 3, 4, 7 and 8 are missing in one of them, so b is right in 6 of 26
    assert (row.num_pairs, row.num_clusters) == (26, 26)
    assert row.difference == pytest.approx(20 / 26)
    assert row.low is not None and row.high is not None and 0.5 < row.low < 20 / 26 < row.high <= 1


def test_where_no_pair_differs_the_interval_is_not_a_point() -> None:
    grades = [{"share": float(place % 2), "length": 100.0 + place} for place in range(40)]
    rows = of(40, grades, grades)
    for metric, size in (("share", 1.0), ("length", 119.5)):
        row = rows[metric]
        assert (row.difference, row.p_value, row.p_holm) == (0.0, 1.0, 1.0)
        assert row.low is not None and row.high is not None and row.low == pytest.approx(-row.high)
        assert row.high == pytest.approx(size * 0.0876, abs=size * 1e-3)


def test_where_all_pairs_differ_alike_the_interval_is_not_a_point() -> None:
    row = of(40, [{"share": 1.0}] * 40, [{"share": 0.0}] * 40)["share"]
    assert row.low == pytest.approx(1 - 2 * 0.0876, abs=1e-3) and row.high == 1.0
    assert row.p_holm is not None and row.p_holm < 1e-8


def test_few_changes_are_not_called_a_difference() -> None:
    """Four pairs that fall on one side do so by chance in an eighth of cases, whatever the draws say."""
    theirs = [{"share": float(place >= 4)} for place in range(100)]
    row = of(100, [{"share": 1.0}] * 100, theirs)["share"]
    assert row.p_value == pytest.approx(1 / 8, abs=0.03)
    assert row.low == 0.0 and row.difference == pytest.approx(0.04)


def test_pairing_finds_what_two_intervals_apart_do_not() -> None:
    generator = np.random.default_rng(1)
    hardness = generator.normal(0, 10, 50)
    ours = [
        {"score": value + 1 + noise} for value, noise in zip(hardness, generator.normal(size=50), strict=True)
    ]
    row = of(50, ours, [{"score": value} for value in hardness])["score"]
    assert row.low is not None and row.low > 0 and row.p_holm is not None and row.p_holm < 1e-4
    assert row.high is not None and row.high - row.low < 1.0


def test_figures_of_two_ways_of_asking_have_no_difference() -> None:
    values = [(str(place), float(place % 2)) for place in range(20)]
    likely = share("accuracy", "higher", values)
    spoken = replace(likely, way="letters")
    summed = combined("score", "higher", (spoken, likely), np.add)
    for ours, theirs, differs in ((likely, spoken, False), (summed, likely, False), (spoken, spoken, True)):
        row = Comparison(ours, theirs, None).row("a", "b", "capability", Drawing().of, Swaps())
        assert (row.difference is not None) is differs, (ours.way, theirs.way)


def test_items_of_one_cluster_count_once() -> None:
    ours = [{"share": float(place < 10)} for place in range(40)]
    row = of(40, ours, [{"share": 0.0}] * 40, per_cluster=10)["share"]
    assert row.num_clusters == 4 and row.p_value is not None and row.p_value > 0.3


def test_a_baseline_that_is_itself_or_unknown_is_refused() -> None:
    asked = models(items(2), {"a": [{"share": 1}] * 2, "canary: empty": [{"share": 0}] * 2})
    with pytest.raises(BadInput, match="the baseline 'a' would be compared with itself"):
        compare(asked, "a")
    with pytest.raises(BadInput, match="the baseline 'c' has no answers: name one of a"):
        compare(asked, "c")


def test_holm_multiplies_the_smallest_most_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([]) == []


@pytest.mark.parametrize(("count", "trials", "most"), [(20, 40, 5), (80, 20, 3)])
def test_models_that_answer_alike_differ_in_at_most_a_twentieth_of_cases(
    count: int, trials: int, most: int
) -> None:
    generator = np.random.default_rng(count)
    rates = {f"share_{rate}": rate for rate in (0.03, 0.1, 0.3, 0.5, 0.8, 0.97)}

    def drawn() -> list[dict[str, float | None]]:
        shares = {name: generator.random(count) < rate for name, rate in rates.items()}
        lengths = {"length": np.exp(generator.normal(4, 0.8, count))}
        columns = shares | lengths | {"median": generator.normal(size=count)}
        return [{name: float(column[place]) for name, column in columns.items()} for place in range(count)]

    found = [of(count, drawn(), drawn()).values() for _ in range(trials)]
    assert all(len(rows) == len(rates) + 2 for rows in found)
    false = sum(any(row.p_holm is not None and row.p_holm < 0.05 for row in rows) for rows in found)
    # at 5 % more come in 1.5 % of cases
    assert false <= most
    held = [row.low <= 0 <= row.high for rows in found for row in rows if row.low is not None and row.high]
    assert sum(held) / len(held) >= 0.94


@pytest.mark.parametrize(("count", "trials", "most"), [(20, 60, 6), (80, 30, 4)])
def test_an_equal_figure_of_unequal_parts_differs_no_more_often(count: int, trials: int, most: int) -> None:
    """Right of known is three tenths in both, of four fifths of the answers and of one fifth."""
    generator = np.random.default_rng(count)

    def drawn(known: float) -> list[dict[str, float | None]]:
        pairs = np.stack([generator.random(count) < known, generator.random(count) < 0.3], axis=1)
        return [{"share_known": float(known), "share_right": float(right)} for known, right in pairs]

    rows = [of(count, drawn(0.8), drawn(0.2))["right_of_known"] for _ in range(trials)]
    false = sum(row.p_value is not None and row.p_value < 0.05 for row in rows)
    assert false <= most


def test_a_composite_differs_by_the_draws_of_its_parts() -> None:
    axes = {name: Axis(suite=NAME, metric=name) for name in ("share_a", "share_b")}
    settings = CompositeSettings(axes=axes)
    ours = [{"share_a": float(place < 36), "share_b": 1.0} for place in range(40)]
    theirs = [{"share_a": float(place < 10), "share_b": 1.0} for place in range(40)]
    asked = models(items(40), {"a": ours, "b": theirs})
    rows = {row.metric: row for row in differences(asked, "b", settings, GRADED) if row.suite == COMPOSITE}
    whole = rows["composite"]
    assert whole.difference == pytest.approx(0.9**0.5 - 0.5) and whole.low is not None and whole.low > 0.2
    assert whole.p_holm is not None and whole.p_holm < 1e-3 and rows["share_b"].p_holm == 1.0


def test_how_alike_answers_are_is_compared_by_the_draws_of_each_model() -> None:
    """Of both models' answers together that is another figure, whose swaps say nothing of the difference."""

    def alike(asked: Sequence[Answered]) -> list[Measure]:
        values, _ = values_of("kind", asked)
        return [linearised("distinct", "neither", values, lambda held: len(set(held)) / len(held))]

    suites = {NAME: replace(GRADED[NAME], figures=alike)}
    same, other = [{"kind": 0.0}] * 30, [{"kind": float(place // 2)} for place in range(30)]
    rows = differences(models(items(30), {"a": same, "b": other}), "b", suites=suites)
    row = next(row for row in rows if row.metric == "distinct")
    assert row.difference == pytest.approx(1 / 30 - 1 / 2) and row.high is not None and row.high < 0
    assert row.p_value is not None and row.p_value < 1e-3


def test_swaps_of_another_figure_do_not_count() -> None:
    noise = np.random.default_rng(0).normal(size=500)
    drawn, others = np.array([1.0, *(1 + noise / 10)]), 10 * noise
    of_another, of_this = (p_value(drawn, np.array([first, *others]), 30) for first in (0.1, 1.0))
    assert of_another is not None and of_another < 1e-6 and of_this is not None and of_this > 0.5
