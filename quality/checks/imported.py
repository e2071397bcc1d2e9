"""Checks of what people import: preferences, demonstrations, judged answers and labelled steps."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows

IMPORTED_CHECKS: tuple[Check, ...] = (
    no_rows("human_preferences"),
    no_empty("human_preferences", "prompt", "chosen", "rejected"),
    Check(
        "human_preferences",
        "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen and rejected are the same",
        at_most=0,
    ),
    no_rows("demonstrations"),
    no_empty("demonstrations", "prompt", "completion"),
    no_rows("unpaired_preferences"),
    no_empty("unpaired_preferences", "prompt", "completion"),
    Check(
        "unpaired_preferences",
        "both_labels",
        "SELECT count(DISTINCT accepted) FROM this",
        "answers that are all desirable, or none, from which nothing can be told apart",
        at_least=2,
        severity="warning",
    ),
    no_rows("stepwise_supervision"),
    no_empty("stepwise_supervision", "prompt"),
    Check(
        "stepwise_supervision",
        "lists_agree",
        "SELECT count(*) FROM this WHERE len(labels) <> len(completions) OR len(completions) = 0",
        "labels that are not one for each step, so that they are misplaced",
        at_most=0,
    ),
    Check(
        "stepwise_supervision",
        "first_error_follows",
        "SELECT count(*) FROM (SELECT first_error, nullif(list_position(labels, false), 0) AS wrong,"
        " nullif(list_position(list_transform(labels, lambda one: one IS NULL), true), 0) AS open FROM this)"
        " WHERE first_error IS DISTINCT FROM CASE WHEN wrong IS NULL AND open IS NULL THEN 0"
        " WHEN wrong IS NOT NULL AND (open IS NULL OR wrong < open) THEN wrong END",
        "first errors that do not follow from the labels",
        at_most=0,
    ),
)
