"""Checks of reviews, each on its planted fault."""

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.version import Derivation
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (ReviewItem, "no_empty_text", [make(ReviewItem, question=" ")]),
    (ReviewItem, "labels_equal_source", [make(ReviewItem, label="b")]),
    (ReviewItem, "inclusion_recomputed", [make(ReviewItem, inclusion=0.5)]),
    (LabelItem, "no_empty_text", [make(LabelItem, text="\n")]),
    (LabelItem, "inclusion_recomputed", [make(LabelItem, inclusion=0.5)]),
    (LabelItem, "labels_can_be_chosen", [make(LabelItem, label="cannot_judge")]),
    (ReviewedFigure, "values_in_interval", [make(ReviewedFigure, low=0.7)]),
    (ReviewedFigure, "values_in_interval", [make(ReviewedFigure, num_reviewed=101)]),
    (HumanReview, "newest_counts", [make(HumanReview), make(HumanReview, number=1)]),
    (HumanReview, "newest_counts", [make(HumanReview), make(HumanReview, number=1, state="replaced")]),
    (ReviewFigure, "enough_reviewed", [make(ReviewFigure, figure="waiting", value=3.0)]),
    (ReviewFigure, "people_agree", [make(ReviewFigure, low=0.6, holds=False)]),
    (ReviewFigure, "people_agree", [make(ReviewFigure, low=None, value=None, holds=None)]),
    (ReviewFigure, "agreement_recomputed", [make(ReviewFigure, low=0.6)]),
    (ReviewFigure, "principles_agree", [make(ReviewFigure), make(ReviewFigure, part="kind", flagged=True)]),
    (ReviewFigure, "reviewers_attend", [make(ReviewFigure, figure="gold_right", high=0.7)]),
    (ReviewFigure, "reviewers_attend", [make(ReviewFigure, figure="hasty", value=0.9)]),
    (ReviewedPair, "no_evaluation_prompt", [make(ReviewedPair, split_group="held too")]),
    (ReviewedPair, "labels_of_source", [make(ReviewedPair, label="b")]),
    (ReviewedPair, "labels_of_source", [make(ReviewedPair, ai_label="b")]),
    (ReviewedPair, "labels_of_source", [make(ReviewedPair, label="b", label_source="human", p_a=0.1)]),
    (ReviewedPair, "labels_name_their_side", [make(ReviewedPair, chosen=None)]),
    (
        ReviewedPair,
        "labels_name_their_side",
        [make(ReviewedPair, label="b", label_source="human", num_reviewers=1)],
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


def test_a_sample_of_comparisons_is_of_no_pairs(registry: Registry) -> None:
    version = registry.commit(
        ReviewItem, [make(ReviewItem)], Derivation(code_version="1", settings={}, inputs=())
    )
    assert all(run_check(check, registry, version, []).passed for check in checks_of("review_sample"))
