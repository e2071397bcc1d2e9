"""Checks of mixtures: shares by source, and nothing that is held out."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, not_held_out

# the shares that the version was made with; a name may have a slash, so that paths are quoted
_DEVIATIONS = """
    WITH wanted AS (
        SELECT source, json_extract_string($settings, '$.parts."' || source || '"')::DOUBLE AS share
        FROM unnest(json_keys($settings, '$.parts')) AS parts(source)
    ), mixed AS (
        SELECT source, count(*) AS num_rows, sum(num_tokens) AS num_tokens FROM this GROUP BY source
    ), totals AS (
        SELECT count(*) AS num_rows, max(num_tokens) AS longest,
               json_extract_string($settings, '$.tokens')::DOUBLE AS tokens FROM this
    )
    SELECT max(CASE WHEN tokens IS NULL
        THEN abs(coalesce(mixed.num_rows, 0) - coalesce(share, 0) * totals.num_rows)
        ELSE abs(coalesce(mixed.num_tokens, 0) - coalesce(share, 0) * tokens) / greatest(longest, 1) END)
    FROM wanted FULL JOIN mixed USING (source), totals
"""


def _mixture_checks(dataset: str, *texts: str) -> tuple[Check, ...]:
    return (
        no_rows(dataset),
        no_empty(dataset, *texts),
        not_held_out(dataset),
        not_held_out(dataset, "problems", what="problem"),
        Check(
            dataset,
            "shares_kept",
            _DEVIATIONS,
            "a source whose share is not what was asked for (rows, or longest rows, by which it is off)",
            at_most=1,
        ),
    )


MIXTURE_CHECKS: tuple[Check, ...] = (
    *_mixture_checks("sft_mixture", "prompt"),
    *_mixture_checks("pair_mixture", "prompt"),
    Check(
        "pair_mixture",
        "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected"
        " AND chosen_tool_calls IS NOT DISTINCT FROM rejected_tool_calls",
        "pairs whose chosen and rejected are the same",
        at_most=0,
    ),
)
