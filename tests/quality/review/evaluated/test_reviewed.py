"""Figures of evaluation by people: unbiased where the judge is not, beside its figures, with n reviewed."""

from collections.abc import Mapping, Sequence

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import Grade, SuiteAnswer
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation
from quality.evaluation.report.page import page
from quality.evaluation.report.stored import Stored
from quality.review.absolute.answers import ANSWER_SAMPLE
from quality.review.agreement import REVIEW_AGREEMENT
from quality.review.evaluated.comparisons import COMPARISON_SAMPLE
from quality.review.evaluated.reviewed import REVIEWED_FIGURES
from quality.review.settings import ComparisonSelection, LabelSelection, ReviewedSettings, ReviewGate
from tests.assets.cli.evaluating.planted import publish_answers
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.evaluation.evaluated import BASELINE, MODEL, answer, item
from tests.rows import make

NUMBER = 200
ITEMS = [item(number, "helpfulness") for number in range(NUMBER)]
SETTINGS = ReviewedSettings(baseline=BASELINE)


def graded(number: int, *grades: Grade, model: str = MODEL, said: str = "An answer.") -> SuiteAnswer:
    given = answer(model, number, f"{said} {number}", suite="helpfulness")
    return given.model_copy(update={"grades": list(grades)})


def reviewed(answers: Sequence[SuiteAnswer], rows: Mapping[str, Sequence[Row]]) -> dict[str, ReviewedFigure]:
    """The figures by name; ``rows`` are the items that were drawn, and the reviews."""
    inputs = {"label_sample": [], "review_sample": [], "human_reviews": [], **rows}
    whole = MemoryInputs({"evaluation_items": ITEMS, "evaluation_answers": answers, **inputs})
    return {row.figure: row for row in rows_of(REVIEWED_FIGURES, SETTINGS, whole)}


def test_a_grader_that_is_too_kind_is_set_right_by_few_people() -> None:
    """It finds all of a half right, of which people find every third wrong."""
    answers = [graded(n, Grade(name="right", value=float(n % 2))) for n in range(NUMBER)]
    rows = MemoryInputs({"evaluation_items": ITEMS, "evaluation_answers": answers})
    items = rows_of(ANSWER_SAMPLE, LabelSelection(number=60, duplicates=3), rows)
    said = {
        row.pair_id: "wrong" if row.label == "right" and place % 3 == 0 else row.label
        for place, row in enumerate(sorted((i for i in items if i.label == "right"), key=lambda i: i.pair_id))
    }
    reviews = [
        make(HumanReview, row.item_id, number=n, item_id=row.item_id, choice=said.get(row.pair_id, "wrong"))
        for n, row in enumerate(items)
    ]
    found = reviewed(answers, {"label_sample": items, "human_reviews": reviews})
    right = found["right"]
    assert (right.graded, right.num_answers, right.num_reviewed) == (0.5, NUMBER, 60)
    assert right.value == pytest.approx(1 / 3, abs=0.02) and right.low < 1 / 3 < right.high < right.graded
    assert found["wrong"].value == pytest.approx(1 - right.value)


def test_a_share_is_of_the_answers_that_may_have_its_word() -> None:
    """A suite that grades some answers as right, and others as refusals."""
    right, refusal = Grade(name="right", value=1.0), Grade(name="refusal", value=None, word="full")
    answers = [graded(n, right if n % 4 else refusal) for n in range(NUMBER)]
    rows = MemoryInputs({"evaluation_items": ITEMS, "evaluation_answers": answers})
    items = rows_of(ANSWER_SAMPLE, LabelSelection(number=60, duplicates=0), rows)
    reviews = [
        make(HumanReview, row.item_id, number=n, item_id=row.item_id, choice=row.label)
        for n, row in enumerate(items)
    ]
    found = reviewed(answers, {"label_sample": items, "human_reviews": reviews})
    assert (found["right"].graded, found["right"].num_answers) == (1.0, NUMBER * 3 // 4)
    assert (found["refused"].graded, found["refused"].num_answers) == (1.0, NUMBER // 4)
    assert found["right"].num_reviewed + found["refused"].num_reviewed == len(items)


def test_win_rates_by_people_count_ties_half_and_same_answers_without_a_review() -> None:
    """A judge that names the model wherever texts differ, and people who name it in a half."""
    theirs = [graded(n, model=BASELINE, said="Theirs." if n % 4 else "An answer.") for n in range(NUMBER)]
    win, same = Grade(name="win", value=0.8, word="win"), Grade(name="win", value=0.5, word="same")
    ours = [graded(n, win if n % 4 else same) for n in range(NUMBER)]
    inputs = MemoryInputs({"evaluation_items": ITEMS, "evaluation_answers": [*ours, *theirs]})
    questions = {"helpfulness": "Which helps more?"}
    selection = ComparisonSelection(number=60, baseline=BASELINE, questions=questions)
    items = rows_of(COMPARISON_SAMPLE, selection, inputs)
    assert len(items) == 60 and {row.label for row in items} == {"a"}
    assert {row.question for row in items} == {"Which helps more?"}
    assert all(row.completion_a.startswith("An") and row.completion_b.startswith("Theirs") for row in items)
    choices = ("a", "b", "equal", "both_bad")
    reviews = [
        make(HumanReview, row.item_id, number=n, item_id=row.item_id, choice=choices[n % 4])
        for n, row in enumerate(items)
    ]
    found = reviewed([*ours, *theirs], {"review_sample": items, "human_reviews": reviews})
    rate = found["win_rate"]
    assert rate.graded == pytest.approx(0.75 + 0.25 / 2) and rate.num_reviewed == 60
    assert rate.value == pytest.approx(0.5) and rate.low < 0.5 < rate.high
    assert rate.high - rate.low < 0.2
    agreed = rows_of(
        REVIEW_AGREEMENT, ReviewGate(), MemoryInputs({"review_sample": items, "human_reviews": reviews})
    )
    assert next(row.value for row in agreed if row.figure == "agreement") == 0.5


def test_the_report_shows_people_beside_grades(registry: Registry) -> None:
    version = publish_answers(registry, MODEL, 30)
    rows = [make(ReviewedFigure, model=MODEL, suite="harmlessness", figure="harmful", num_reviewed=40)]
    how = Derivation(code_version="1", settings={}, inputs=(version,))
    registry.record_checks(registry.commit(ReviewedFigure, rows, how), [])
    shown = page(Stored(registry, {MODEL: version}).contents(MODEL))
    assert "doubly robust" in shown and "0.55 to 0.74" in shown and ">40<" in shown
    # of so few the interval stands alone
    assert "0.65<" not in shown
    other = publish_answers(registry, MODEL, 31)
    assert "doubly robust" not in page(Stored(registry, {MODEL: other}).contents(MODEL))


def test_nothing_is_said_where_nobody_reviewed() -> None:
    assert reviewed([graded(n, Grade(name="right", value=1.0)) for n in range(4)], {}) == {}
