"""Checks of selections of several rounds in one pool."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, problem_rules

POOLED_CHECKS: tuple[Check, ...] = (
    no_rows("pooled_selections"),
    no_empty("pooled_selections", "prompt", "completion"),
    *problem_rules("pooled_selections"),
    Check(
        "pooled_selections",
        "was_selected",
        "SELECT count(*) FROM this ANTI JOIN rft_selections USING (problem_id, kind, completion)",
        "completions that no round has selected",
        at_most=0,
        reads=("rft_selections",),
    ),
    Check(
        "pooled_selections",
        "no_duplicates",
        "SELECT count(*) FROM (SELECT problem_id, trim(completion) FROM this WHERE kind <> 'gold'"
        " GROUP BY ALL HAVING count(*) > 1)",
        "a completion taught twice for a problem",
        at_most=0,
    ),
)
