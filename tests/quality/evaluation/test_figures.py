"""Figures follow from answers and grades: values, intervals, what is missing, and what cannot be measured."""

from collections.abc import Sequence

import numpy as np
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer, SuiteFigure
from datasets_registry.rows.row import Row
from methods.evaluation.measures import mean_of
from methods.evaluation.suites.helpfulness import HELPFULNESS
from quality.evaluation.answered import answered
from quality.evaluation.axes import COMPOSITE, Axis, CompositeSettings
from quality.evaluation.drawing import Drawing, drawn_interval, figure_interval
from quality.evaluation.figures import EVALUATION_FIGURES, FigureSettings, figures, known
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.evaluation.graded import GRADED, NAME, answer, items, models


def of(asked: Sequence[EvaluationItem], answers: Sequence[SuiteAnswer]) -> dict[str, SuiteFigure]:
    return {row.metric: row for row in figures(answered(asked, answers), suites=GRADED) if row.suite == NAME}


def test_a_share_has_its_exact_interval_and_a_mean_that_of_draws() -> None:
    asked = items(20)
    graded = [answer(item, "m", {"share": place % 2, "length": place}) for place, item in enumerate(asked)]
    rows = of(asked, graded)
    assert rows["share"].value == 0.5 and rows["length"].value == 9.5
    assert rows["share"].low == pytest.approx(0.299, abs=1e-3)
    low, high = rows["length"].low, rows["length"].high
    # Student's is 6.73 to 12.27
    assert low == pytest.approx(6.73, abs=0.3) and high == pytest.approx(12.27, abs=0.3)
    assert (rows["length"].num_items, rows["length"].num_clusters) == (20, 20)


def test_failed_answers_and_grades_are_missing_and_said_above_a_twentieth() -> None:
    asked = items(40)
    for num_failed, num_ungraded, note in (
        (1, 1, None),
        (3, 0, "3 answers or grades are missing (8%)"),
        (0, 4, "4 answers or grades are missing (10%)"),
    ):
        graded = [
            answer(
                item,
                "m",
                {"share": None if 10 <= place < 10 + num_ungraded else 1},
                failure="truncated" if place < num_failed else None,
            )
            for place, item in enumerate(asked)
        ]
        row = of(asked, graded)["share"]
        assert (row.num_missing, row.num_items) == (
            num_failed + num_ungraded,
            40 - num_failed - num_ungraded,
        )
        assert row.note == note and row.value == 1.0


def test_where_nothing_is_measured_there_is_no_value_and_a_reason() -> None:
    asked = items(3)
    row = of(asked, [answer(item, "m", {"share": None}) for item in asked])["share"]
    assert (row.value, row.low, row.num_items) == (None, None, 0)
    assert row.note == "nothing to measure; 3 answers or grades are missing (100%)"


def test_an_answer_without_its_item_and_an_unknown_suite_are_refused() -> None:
    asked = items(2)
    with pytest.raises(BadInput, match=r"m answered item i001 of graded, which is not among the items"):
        answered(asked[:1], [answer(item, "m", {}) for item in asked])
    with pytest.raises(BadInput, match=r"no suite 'other': there are graded"):
        known("other", GRADED)


def test_a_figure_that_no_draw_varies_keeps_an_interval() -> None:
    same = mean_of("length", "neither", [(f"c{place}", 3.0) for place in range(20)])
    low, high = figure_interval(same, same.statistic(Drawing().of(same.clusters))) or (3, 3)
    assert low < 3.0 < high
    for value, limits, ends in (
        (1.0, (0.0, 1.0), (1 - 0.1135, 1.0)),
        (0.0, (-1.0, 1.0), (-0.1135, 0.1135)),
        (2.0, None, (2 - 2 * 0.1135, 2 + 2 * 0.1135)),
    ):
        interval = drawn_interval(np.full(10, value), 30, limits)
        assert interval is not None and interval == pytest.approx(ends, abs=1e-3)
    assert drawn_interval(np.ones(10), 1) is None


@pytest.mark.parametrize("count", [8, 20, 60])
def test_intervals_of_means_cover_as_often_as_they_say(count: int) -> None:
    generator = np.random.default_rng(3)
    drawing, covered = Drawing(500), 0
    for _ in range(300):
        values = generator.normal(size=count)
        measure = mean_of("m", "higher", [(f"c{place}", value) for place, value in enumerate(values)])
        low, high = figure_interval(measure, measure.statistic(drawing.of(measure.clusters))) or (0, 0)
        covered += low <= 0 <= high
    assert 0.92 <= covered / 300 <= 0.98


def test_the_method_reads_items_and_answers_of_several_models() -> None:
    inputs: dict[str, list[Row]] = {EvaluationItem.dataset: [], SuiteAnswer.dataset: []}
    assert rows_of(EVALUATION_FIGURES, FigureSettings(), MemoryInputs(inputs)) == []
    asked = items(4)
    graded = models(asked, {"a": [{"share": 1}] * 4, "b": [{"share": 0}] * 4})
    assert [(row.model, row.value) for row in figures(graded, suites=GRADED) if row.suite == NAME] == [
        ("a", 1.0),
        ("b", 0.0),
    ]


def test_the_composite_stands_beside_its_parts_and_is_null_without_an_axis() -> None:
    asked, axes = items(20), {name: Axis(suite=NAME, metric=name) for name in ("share_a", "share_b")}
    graded = models(asked, {"m": [{"share_a": float(place < 5), "share_b": 1.0} for place in range(20)]})
    settings = CompositeSettings(axes=axes)
    rows = {row.metric: row for row in figures(graded, settings, GRADED) if row.suite == COMPOSITE}
    assert list(rows) == ["composite", "minimum", "share_a", "share_b"]
    whole = rows["composite"]
    assert whole.value == pytest.approx(0.5) and whole.low is not None and whole.high is not None
    assert 0.2 < whole.low < 0.5 < whole.high < 0.75 and rows["minimum"].value == 0.25
    without = [row for row in figures(graded, suites=GRADED) if row.suite == COMPOSITE]
    assert all(row.value is None and row.note for row in without) and len(without) == 5


def test_a_judge_that_prefers_a_canary_is_named_beside_the_figure() -> None:
    asked = [item for item in HELPFULNESS.items() if not item.follow_ups][:6]
    answers: list[Row] = [
        answer(item, model, {"score": score})
        for model, score in (("a", 4.0), ("b", 6.0), ("canary: padded", 8.0))
        for item in asked
    ]
    inputs: dict[str, list[Row]] = {EvaluationItem.dataset: [*asked], SuiteAnswer.dataset: answers}
    rows: list[SuiteFigure] = rows_of(EVALUATION_FIGURES, FigureSettings(judge="j"), MemoryInputs(inputs))
    scores = {row.model: row.note for row in rows if row.metric == "score" and row.category == "all"}
    assert len(scores) == 3 and all(
        note and "the judge j puts canary: padded" in note for note in scores.values()
    )
    assert not any(row.suite == COMPOSITE and row.model == "canary: padded" for row in rows)
