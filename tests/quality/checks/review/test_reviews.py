"""Checks of reviews, each on its planted fault."""

import pytest

from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (ReviewItem, "no_empty_text", [make(ReviewItem, question=" ")]),
    (ReviewItem, "labels_equal_source", [make(ReviewItem, label="b")]),
    (ReviewItem, "inclusion_recomputed", [make(ReviewItem, inclusion=0.5)]),
    (HumanReview, "newest_counts", [make(HumanReview), make(HumanReview, number=1)]),
    (HumanReview, "newest_counts", [make(HumanReview), make(HumanReview, number=1, state="replaced")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
