"""Checks of a round's prompts and problems."""

from quality.checks.check import Check
from quality.checks.rules import ROUND_PROMPTS, no_empty, no_rows, not_held_out, problem_rules

_FED = "origin IN ('failure', 'variant')"
ROUND_PROMPT_CHECKS: tuple[Check, ...] = (
    no_rows(ROUND_PROMPTS),
    no_empty(ROUND_PROMPTS, "prompt"),
    not_held_out(ROUND_PROMPTS),
    Check(
        ROUND_PROMPTS,
        "prompt_equals_source",
        "SELECT count(*) FROM this LEFT JOIN (SELECT prompt_id, prompt FROM red_team_prompts UNION"
        " SELECT prompt_id, prompt FROM helpful_prompts) AS source USING (prompt_id)"
        " WHERE origin <> 'variant' AND (source.prompt IS NULL OR source.prompt <> this.prompt)",
        "prompts that no prompt set has, or has in other words, and that are no variant",
        at_most=0,
        reads=("red_team_prompts", "helpful_prompts"),
    ),
    Check(
        ROUND_PROMPTS,
        "variants_stay_in_their_group",
        "SELECT count(*) FROM this LEFT JOIN (SELECT prompt_id, split_group FROM red_team_prompts UNION"
        " SELECT prompt_id, split_group FROM helpful_prompts) AS parent ON parent.prompt_id = parent_id"
        " WHERE origin = 'variant' AND this.split_group IS DISTINCT FROM parent.split_group",
        "variants in another split group than the prompt that they reword",
        at_most=0,
        reads=("red_team_prompts", "helpful_prompts"),
    ),
    Check(
        ROUND_PROMPTS,
        "fed_in_equal_number",
        f"SELECT abs(count(*) FILTER ({_FED} AND kind = 'red_team') -"
        f" count(*) FILTER ({_FED} AND kind = 'helpful')) FROM this",
        "failures of one kind fed back more often than those of the other",
        at_most=0,
    ),
    Check(
        ROUND_PROMPTS,
        "fed_share",
        f"SELECT coalesce(avg(({_FED})::INT), 0)"
        " - coalesce(json_extract_string($settings, '$.feedback.max_share')::DOUBLE, 0) FROM this",
        "more failures fed back than the settings allow (their share less the greatest one)",
        at_most=1e-9,
    ),
    no_rows("round_problems"),
    *problem_rules("round_problems"),
)
