"""Checks of data that comes from elsewhere."""

from quality.check import Check
from quality.rules import no_empty, no_rows, splits_apart

IMPORTED_CHECKS: tuple[Check, ...] = (
    no_rows("problems"),
    no_empty("problems", "prompt", "answer"),
    splits_apart("problems"),
    no_rows("human_preferences"),
    no_empty("human_preferences", "prompt", "chosen", "rejected"),
    Check(
        "human_preferences", "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen is the rejected", at_most=0,
    ),
    no_rows("demonstrations"),
    no_empty("demonstrations", "prompt", "completion"),
)  # fmt: skip
