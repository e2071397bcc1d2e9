"""Checks of reviews: the sample is what the version says, and stands on its labels."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, not_held_out

REVIEW_CHECKS: tuple[Check, ...] = (
    no_rows("review_sample"),
    no_empty("review_sample", "question"),
    Check(
        "review_sample",
        "labels_equal_source",
        "SELECT count(*) FROM this LEFT JOIN preference_pairs AS source USING (pair_id)"
        " WHERE this.role <> 'gold' AND (source.label IS DISTINCT FROM this.label"
        " OR source.p_a IS DISTINCT FROM this.p_a)"
        # comparisons of evaluation answers are of no pairs
        " AND EXISTS (FROM preference_pairs)",
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
    no_rows("label_sample"),
    no_empty("label_sample", "question", "text"),
    Check(
        "label_sample",
        "inclusion_recomputed",
        "SELECT count(*) FROM (SELECT inclusion, stratum_labels, count(*) OVER (PARTITION BY stratum) AS"
        " drawn FROM this WHERE role = 'sample') WHERE abs(inclusion - drawn / stratum_labels) > 1e-9",
        "inclusion probabilities that are not the share of their stratum that was drawn",
        at_most=0,
    ),
    Check(
        "label_sample",
        "labels_can_be_chosen",
        "SELECT count(*) FROM this WHERE NOT list_contains(choices[:-2], label)",
        "labels that no reviewer could give",
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
    no_rows("review_agreement"),
    Check(
        "review_agreement",
        "enough_reviewed",
        "SELECT coalesce(max(value), 0) FROM this WHERE figure = 'waiting' AND required",
        "pairs that wait for review: trimtab studio",
        at_most=0,
    ),
    Check(
        "review_agreement",
        "people_agree",
        "SELECT count(*) FROM this WHERE figure = 'agreement' AND subset = 'all' AND required"
        " AND holds IS NOT TRUE",
        "labels that people are not shown to agree with (look at its principles: take another judge, rewrite"
        " the worst, or set review.required = false)",
        at_most=0,
    ),
    Check(
        "review_agreement",
        "agreement_recomputed",
        "SELECT count(*) FROM this WHERE at_least IS NOT NULL AND holds IS DISTINCT FROM"
        " coalesce(low >= at_least, false)",
        "agreement that is said to hold, and whose interval does not",
        at_most=0,
    ),
    Check(
        "review_agreement",
        "principles_agree",
        "SELECT count(*) FROM this WHERE flagged",
        "principles with which people do not agree: review ten more of each (review.more)",
        at_most=0,
        severity="warning",
    ),
    Check(
        "review_agreement",
        "reviewers_attend",
        "SELECT count(*) FROM this WHERE (figure IN ('gold_right', 'same_twice') AND high < 0.8)"
        " OR (figure = 'hasty' AND value > 0.5)",
        "reviewers who answer too soon, otherwise the second time, or otherwise than people did",
        at_most=0,
        severity="warning",
    ),
    Check(
        "reviewed_figures",
        "values_in_interval",
        "SELECT count(*) FROM this WHERE NOT (low <= value AND value <= high) OR graded < 0 OR graded > 1"
        " OR num_reviewed > num_answers",
        "figures outside their interval, or of more reviews than answers",
        at_most=0,
    ),
    no_rows("reviewed_pairs"),
    not_held_out("reviewed_pairs"),
    Check(
        "reviewed_pairs",
        "labels_of_source",
        "SELECT count(*) FROM this LEFT JOIN preference_pairs AS source USING (pair_id)"
        " WHERE this.ai_label IS DISTINCT FROM source.label"
        " OR this.label_source = 'ai' AND (this.label <> source.label"
        " OR this.p_a IS DISTINCT FROM source.p_a)"
        " OR this.label_source = 'human' AND (this.label = this.ai_label OR num_reviewers = 0)",
        "labels that are neither the judge's nor people's",
        at_most=0,
        own=("preference_pairs",),
    ),
    Check(
        "reviewed_pairs",
        "labels_name_their_side",
        "SELECT count(*) FROM this WHERE (label IN ('a', 'b')) <> (chosen IS NOT NULL AND rejected IS NOT"
        " NULL)"
        " OR label_source = 'human' AND label = 'a' AND p_a <= 0.5"
        " OR label_source = 'human' AND label = 'b' AND p_a >= 0.5",
        "labels without their completions, or against the share of people who name them",
        at_most=0,
    ),
)
