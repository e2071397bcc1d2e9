"""Checks of completions that rules select, and of their control."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, not_held_out, source_prompt

RULED_CHECKS: tuple[Check, ...] = (
    *(
        check
        for name in ("rule_selections", "rule_controls")
        for check in (
            no_rows(name),
            no_empty(name, "prompt", "completion"),
            source_prompt(name, *PROMPT_SETS),
            not_held_out(name),
        )
    ),
    Check(
        "rule_selections",
        "keeps_every_rule",
        "SELECT count(*) FROM this WHERE len(kept) < num_rules",
        "completions that break a rule",
        at_most=0,
    ),
)
