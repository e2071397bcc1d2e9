"""Checks of the prompt sets and of Constitutional AI: revisions, helpful answers, the SFT set."""

from quality.check import Check
from quality.rules import SOURCES, blank, no_empty, no_rows, not_held_out, source_prompt, splits_apart

CAI_CHECKS: tuple[Check, ...] = (
    *(
        check
        for dataset in SOURCES
        for check in (no_rows(dataset), no_empty(dataset, "prompt"), splits_apart(dataset))
    ),
    no_rows("cai_revisions"),
    no_empty("cai_revisions", "prompt", "revision"),
    source_prompt("cai_revisions", "red_team_prompts"),
    not_held_out("cai_revisions"),
    Check(
        "cai_revisions", "revisions_change",
        "SELECT avg(changed::INT) FROM this", "critiques that do not bite",
        at_least=0.6, severity="warning",
    ),
    no_rows("helpful_answers"),
    Check(
        "helpful_answers", "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')}"
        f" OR (failure IS NULL AND {blank('completion')})",
        "usable rows with an empty prompt or completion", at_most=0,
    ),
    source_prompt("helpful_answers", "helpful_prompts"),
    not_held_out("helpful_answers"),
    no_rows("cai_sft"),
    no_empty("cai_sft", "prompt", "completion"),
    source_prompt("cai_sft", *SOURCES),
    not_held_out("cai_sft"),
)  # fmt: skip
