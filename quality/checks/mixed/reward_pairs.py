"""Checks of pairs that reward models label."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.checks.rules import no_rows, not_held_out, source_prompt

REWARD_PAIR_CHECKS: tuple[Check, ...] = (
    no_rows("reward_pairs"),
    source_prompt("reward_pairs", *PROMPT_SETS),
    not_held_out("reward_pairs"),
    Check(
        "reward_pairs",
        "pair_or_reason",
        "SELECT count(*) FROM this WHERE (label = 'a') <> (chosen IS NOT NULL AND rejected IS NOT NULL)"
        " OR chosen = rejected OR (label = 'a' AND NOT coalesce(reward_chosen > reward_rejected, false))",
        "pairs that lack a side, whose sides are the same, or whose better side has no greater reward",
        at_most=0,
    ),
    Check(
        "reward_pairs",
        "every_signal_scored",
        "SELECT count(*) FROM this WHERE label = 'a' AND (len(scores_chosen) = 0"
        " OR list_transform(scores_chosen, lambda s: s.signal)"
        " <> list_transform(scores_rejected, lambda s: s.signal)"
        " OR (len(scores_chosen) > 1) <> (rule IS NOT NULL))",
        "pairs without the scores of each signal on both sides, or without the rule that combines them",
        at_most=0,
    ),
    Check(
        "reward_pairs",
        "pair_share",
        "SELECT avg((label = 'a')::INT) FROM this",
        "so many ties and cut samples that few prompts give a pair",
        at_least=0.1,
        severity="warning",
    ),
)
