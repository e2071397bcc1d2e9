"""The end of a review: an early hand-in, and results that are shown to nobody who has items left."""

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.version import Derivation
from tests.rows import make
from tests.studio.review.reviewing import Reviewer, form

RESULTS = "/review/results/review_sample"


@pytest.fixture
def measured(ada: Reviewer, registry: Registry) -> Reviewer:
    """The reviewer of a sample whose agreement was measured, and is red."""
    inputs = (registry.passed("review_sample"),)
    how = Derivation(code_version="test", settings={}, inputs=inputs)
    figures = [make(ReviewFigure, figure="agreement", value=0.421875, says="people do not agree")]
    registry.record_checks(registry.commit(ReviewFigure, figures, how), [])
    return ada


def test_whoever_stops_early_hands_in_what_they_have(ada: Reviewer, registry: Registry) -> None:
    sent = form(ada.review(4), "hand-in")
    text = ada.browser.post(sent.action, data=sent.fields).text
    assert "4 of 10 items" in text and "6 items wait" in text and "they are human_reviews@1" in text
    text = ada.review(1)
    assert (
        "They count once they are handed in"
        in ada.browser.get("/review/end/review_sample", params={"reviewer": "Ada"}).text
    )
    assert registry.passed("human_reviews").num_rows == 4 and "5 of 10 answered" in text


def test_results_lead_nobody_on(measured: Reviewer) -> None:
    """Neither their figures nor the way to them, until the last answer."""
    page = measured.review(9)
    refused = measured.browser.get(RESULTS, params={"reviewer": "Ada"})
    assert refused.status_code == 400 and "0.42" not in refused.text
    assert RESULTS not in page + measured.browser.get("/review").text
    assert f'{RESULTS}@1?reviewer=Ada"' in measured.answer(page, "left").text
    shown = measured.browser.get(RESULTS, params={"reviewer": "Ada"}).text
    assert "0.4219" in shown and "people do not agree" in shown
    assert f'{RESULTS}@1"' in measured.browser.get("/review").text


def test_results_that_are_not_there_are_a_sentence(ada: Reviewer) -> None:
    assert "no agreement was measured on review_sample@1 yet" in ada.browser.get(RESULTS).text
