"""What every answer failed to tell has its figures all the same: without a value, and with the reason."""

from collections.abc import Sequence
from itertools import islice

import pytest

from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer, SuiteFigure
from methods.evaluation.conversations import unanswered
from methods.evaluation.suite import Suite
from methods.evaluation.suites.helpfulness import HELPFULNESS
from methods.evaluation.suites.named import SUITES
from quality.evaluation.answered import answered
from quality.evaluation.axes import AXES
from quality.evaluation.figures import figures
from quality.evaluation.unanswered import why_unanswered
from tests.quality.evaluation.graded import GRADED, NAME, answer, items


def failed(asked: Sequence[EvaluationItem], *failures: str) -> list[SuiteAnswer]:
    """An answer to each item that failed, by these reasons in turn."""
    return [
        unanswered("m", item).model_copy(update={"failure": failures[place % len(failures)]})
        for place, item in enumerate(asked)
    ]


def few(suite: Suite) -> list[EvaluationItem]:
    """Items of each category of the suite."""
    every = suite.items()
    return [
        item
        for category in dict.fromkeys(item.category for item in every)
        for item in islice((item for item in every if item.category == category), 4)
    ]


def of_suite(
    asked: Sequence[EvaluationItem], answers: Sequence[SuiteAnswer], name: str, model: str = "m"
) -> list[SuiteFigure]:
    rows = figures(answered(asked, answers), suites={**SUITES, **GRADED})
    return [row for row in rows if (row.suite, row.model) == (name, model)]


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_a_suite_whose_answers_all_failed_has_its_figures_without_values(suite: Suite) -> None:
    asked = few(suite)
    rows = of_suite(asked, failed(asked, "truncated"), suite.name)
    assert rows and len({(row.category, row.metric) for row in rows}) == len(rows)
    categories = {item.category for item in asked}
    for row in rows:
        assert (row.value, row.low, row.high, row.num_items, row.num_clusters) == (None, None, None, 0, 0)
        of_category = [item for item in asked if row.category in ("all", item.category)]
        assert row.category not in categories or row.num_missing == len(of_category)
        assert row.note is not None
        if row.num_missing:
            assert f"all {row.num_missing} answers failed (truncated)" in row.note
            assert f"{row.num_missing} answers or grades are missing (100%)" in row.note
    assert {axis.metric for axis in AXES.values() if axis.suite == suite.name} <= {row.metric for row in rows}


def test_figures_that_other_models_have_are_there_where_all_answers_failed() -> None:
    asked = items(6)
    answers = [
        *(answer(item, "m", {}, failure="truncated") for item in asked),
        *(answer(item, "other", {"share": 1.0, "length": 2.0}) for item in asked),
        *(answer(item, "canary: empty", {"median": 1.0}) for item in asked),
    ]
    rows = of_suite(asked, answers, NAME)
    assert {(row.metric, row.value, row.num_missing) for row in rows} == {
        ("share", None, 6),
        ("length", None, 6),
    }
    one_answered = [*answers[1:], answer(asked[0], "m", {"share": 1.0})]
    assert {row.metric for row in of_suite(asked, one_answered, NAME)} == {"share"}


def test_a_category_whose_answers_all_failed_has_its_figures_beside_those_of_the_others() -> None:
    asked = [item for item in HELPFULNESS.items() if not item.follow_ups][:12]
    first = asked[0].category
    answers = [
        answer(item, "m", {"score": 5.0}, failure="truncated" if item.category == first else None)
        for item in asked
    ]
    rows = {row.category: row for row in of_suite(asked, answers, "helpfulness") if row.metric == "score"}
    assert len({item.category for item in asked}) > 1 and rows[first].value is None
    assert (rows[first].note or "").count("failed (truncated)") == 1
    assert all(row.value == 5.0 for category, row in rows.items() if category != first)


@pytest.mark.parametrize(
    ("failures", "why"),
    [
        (["truncated"], "the only answer failed (truncated)"),
        (["truncated", "truncated"], "all 2 answers failed (truncated)"),
        (["truncated", "empty", "empty"], "all 3 answers failed (2 of them: empty)"),
    ],
)
def test_the_reason_is_the_most_frequent_one(failures: list[str], why: str) -> None:
    asked = items(len(failures))
    (of_model,) = answered(asked, failed(asked, *failures)).values()
    assert why_unanswered("all", of_model[NAME]) == why
    assert why_unanswered("other", of_model[NAME]) is None


def test_one_that_is_missing_is_said_in_the_singular() -> None:
    asked = items(4)
    answers = [
        answer(item, "m", {"share": 1.0}, failure="truncated" if place == 0 else None)
        for place, item in enumerate(asked)
    ]
    (row,) = of_suite(asked, answers, NAME)
    assert row.note == "1 answer or grade is missing (25%)"
