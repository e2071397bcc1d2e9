"""Checks of reviews: the sample is what the version says, and stands on its labels."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows

REVIEW_CHECKS: tuple[Check, ...] = (
    no_rows("review_sample"),
    no_empty("review_sample", "question"),
    Check(
        "review_sample",
        "labels_equal_source",
        "SELECT count(*) FROM this LEFT JOIN preference_pairs AS source USING (pair_id)"
        " WHERE this.role <> 'gold' AND (source.label IS DISTINCT FROM this.label"
        " OR source.p_a IS DISTINCT FROM this.p_a)",
        "items whose label is not that of the version that they were drawn from",
        at_most=0,
        own=("preference_pairs",),
    ),
    Check(
        "review_sample",
        "inclusion_recomputed",
        "SELECT count(*) FROM (SELECT inclusion, stratum_pairs, count(*) OVER (PARTITION BY stratum) AS drawn"
        " FROM this WHERE role = 'sample') WHERE abs(inclusion - drawn / stratum_pairs) > 1e-9",
        "inclusion probabilities that are not the share of their stratum that was drawn",
        at_most=0,
    ),
    no_rows("human_reviews"),
    Check(
        "human_reviews",
        "newest_counts",
        "SELECT count(*) FROM (SELECT state, row_number() OVER (PARTITION BY reviewer, item_id"
        " ORDER BY number DESC) AS age FROM this) WHERE (age = 1) <> (state <> 'replaced')"
        " AND NOT (age > 1 AND state = 'withdrawn')",
        "answers that count beside a newer one of their reviewer",
        at_most=0,
    ),
)
