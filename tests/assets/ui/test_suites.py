"""What the UI shows of evaluations: n beside every figure, both ends of few, and a page for each model."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.ui.suites import (
    difference_pages,
    difference_summary,
    figure_pages,
    suite_answer_summary,
    suite_figure_summary,
    suite_item_summary,
)
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteFigure
from tests.assets.cli.evaluating.planted import publish_compared
from tests.quality.evaluation.evaluated import BASELINE, MODEL, answer, difference, figure, item


def markdown(value: Any) -> str:
    """The text of a table."""
    assert isinstance(value, dg.MarkdownMetadataValue)
    return str(value.md_str)


def test_items_and_answers_are_counted_by_suite() -> None:
    none = item(3).model_copy(update={"failure": "no gold"})
    other = item(1).model_copy(update={"variant": "other"})
    counts = suite_item_summary([item(1), other, item(2), item(1, "sycophancy"), none])
    assert counts == {"harmlessness": 2, "sycophancy": 1, "failures": 1}
    failed = answer(MODEL, 2).model_copy(update={"failure": "truncated", "grades": []})
    lost = answer(MODEL, 3).grades[0].model_copy(update={"failure": "unreadable"})
    unread = answer(MODEL, 3).model_copy(update={"grades": [lost]})
    summary = suite_answer_summary([answer(MODEL, 1), failed, unread])
    assert [summary[name] for name in ("answers", "failures", "grade_failures")] == [2, 1, 1]
    assert "| harmlessness | 2 | 1 | 1 |" in markdown(summary["suites"])


def test_figures_plot_over_versions_and_few_answers_by_their_ends() -> None:
    summary = suite_figure_summary(
        [
            figure(MODEL),
            figure(MODEL, "specificity"),
            figure(MODEL, "flips", suite="sycophancy", count=99),
            figure(MODEL, "none", None, suite="empty"),
            figure(MODEL, "tokens").model_copy(update={"better": "neither"}),
            figure(MODEL, category="privacy"),
        ]
    )
    table = markdown(summary.pop("figures"))
    assert summary == {
        f"{MODEL}_harmlessness_severity": 0.4,
        f"{MODEL}_harmlessness_specificity": 0.4,
        f"{MODEL}_sycophancy_flips_low": pytest.approx(0.3),
        f"{MODEL}_sycophancy_flips_high": 0.5,
    }
    assert f"| sycophancy | flips | {MODEL} |  | 0.3 to 0.5 | 99 |  |" in table


def test_differences_say_what_they_show() -> None:
    summary = difference_summary([difference(), difference("other", 0.3, p_holm=0.9, pairs=12)])
    table = markdown(summary.pop("differences"))
    assert summary == {"better": 1, "not_told_apart": 1}
    assert (
        f"| harmlessness | other |  | 0.25 to 0.35 | 12 | 0.9 | not told apart | {MODEL} less {BASELINE} |"
        in table
    )


def test_each_model_has_a_page_in_the_state(registry: Registry) -> None:
    publish_compared(registry, "An answer <b> \u202e.")
    figures, differences = registry.passed(SuiteFigure.dataset), registry.passed(EvaluationDifference.dataset)
    pages = figure_pages(registry, figures)
    assert sorted(pages) == [f"page_{BASELINE}", f"page_{MODEL}"]
    (compared,) = difference_pages(registry, differences).items()
    for name, page in (*pages.items(), compared):
        file = Path(page.path)
        assert file.is_relative_to(registry.state.root) and name.removeprefix("page_") == file.stem
        assert "<b>" not in file.read_text() and "\u202e" not in file.read_text()
    assert f"{MODEL} against {BASELINE}" in Path(compared[1].path).read_text()
