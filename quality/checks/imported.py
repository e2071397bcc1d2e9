"""Checks of what people import: preferences and demonstrations."""

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
)
