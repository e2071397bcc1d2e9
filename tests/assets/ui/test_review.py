"""What Dagster shows of an agreement: words that say what to do, and the numbers that it plots."""

from assets.ui.evaluation import review_summary
from datasets_registry.rows.review.agreement import ReviewFigure
from tests.rows import make


def test_an_agreement_is_told_in_words() -> None:
    rows = [
        make(ReviewFigure),
        make(ReviewFigure, figure="waiting", at_least=None, says="enough pairs are reviewed"),
        make(ReviewFigure, subset="principle", part="kind", value=0.9),
        make(ReviewFigure, subset="principle", part="calm", value=0.42, low=0.2, high=0.68, num_items=12),
        make(ReviewFigure, figure="between_people", value=None, low=None, high=None),
    ]
    assert review_summary(rows) == {
        "agreement": "0.80 (95 %: 0.71 to 0.87), n = 100",
        "passed": "yes: the interval's lower end must reach 0.65; models wait for it",
        "waiting": "enough pairs are reviewed",
        "worst": "calm: 0.42 (95 %: 0.20 to 0.68), n = 12; ten more of this one: review.more = { calm = 10 }",
        "between_people": "nothing measured",
        "value": 0.8,
        "low": 0.71,
    }
    failed = review_summary([make(ReviewFigure, low=0.6, holds=False, required=False)])
    assert failed["passed"] == "no: the interval's lower end must reach 0.65; no model waits for it"
    assert review_summary([]) == {}
