"""What rows of reviews say where a test does not care."""

from typing import Any

from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.row import Row

REVIEW: dict[type[Row], dict[str, Any]] = {
    ReviewItem: {
        "role": "sample",
        "position": 0,
        "question": "Which is kinder?",
        "completion_a": "one",
        "completion_b": "two",
        "principle_id": "kind",
        "confidence": "sure",
        "disagrees": False,
        "stratum": "kind, sure",
        "stratum_pairs": 1,
        "inclusion": 1.0,
        "label": "a",
        "p_a": 0.9,
        "p_first": 0.5,
    },
    LabelItem: {
        "kind": "step",
        "role": "sample",
        "position": 0,
        "question": "Is this step right?",
        "before": "1 + 1 = 2",
        "text": "2 + 2 = 4",
        "choices": ["right", "wrong", "cannot_judge"],
        "model": None,
        "part": "measured",
        "stratum": "measured, right",
        "stratum_labels": 1,
        "inclusion": 1.0,
        "label": "right",
    },
    HumanReview: {
        "number": 0,
        "role": "sample",
        "reviewer": "Ada",
        "choice": "a",
        "shown_left": "a",
        "note": "",
        "seconds": 5.0,
        "answered_at": "2026-11-30T06:00:00.000+00:00",
        "sample": "review_sample@1",
        "state": "counts",
    },
    ReviewFigure: {
        "figure": "agreement",
        "subset": "all",
        "part": "",
        "value": 0.8,
        "low": 0.71,
        "high": 0.87,
        "num_items": 100,
        "at_least": 0.65,
        "holds": True,
        "required": True,
    },
    ReviewedFigure: {
        "model": "dpo_policy",
        "suite": "capability",
        "figure": "right",
        "graded": 0.7,
        "num_answers": 100,
        "value": 0.65,
        "low": 0.55,
        "high": 0.74,
        "num_reviewed": 40,
    },
    ReviewedPair: {
        "kind": "helpful",
        "category": "explain",
        "principle_id": "kind",
        "principles": ["kind"],
        "p_a": 0.9,
        "p_harmlessness": None,
        "p_helpfulness": 0.9,
        "p_honesty": None,
        "p_signals": [],
        "logit_ab": 2.0,
        "logit_ba": 2.0,
        "num_unparsed": 0,
        "judge_spread": None,
        "judges_disagree": None,
        "label": "a",
        "failure": None,
        "chosen": "one",
        "rejected": "two",
        "label_source": "ai",
        "ai_label": "a",
        "num_reviewers": 0,
    },
}
