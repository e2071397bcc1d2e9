"""Checks of constitutional AI: revisions, helpful answers, and the SFT examples made of them."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.checks.rules import (
    FAILURES,
    ROUND_PROMPTS,
    blank,
    no_empty,
    no_rows,
    not_held_out,
    source_prompt,
)

CAI_CHECKS: tuple[Check, ...] = (
    no_rows("cai_revisions"),
    no_empty("cai_revisions", "prompt", "revision"),
    source_prompt("cai_revisions", *PROMPT_SETS),
    not_held_out("cai_revisions"),
    Check(
        "cai_revisions",
        "steps_follow",
        "SELECT count(*) FROM (SELECT step, draft, lag(step, 1, 0) OVER chain AS before,"
        " lag(revision) OVER chain AS revised FROM this"
        " WINDOW chain AS (PARTITION BY prompt_id ORDER BY step))"
        " WHERE step <> before + 1 OR revised IS NOT NULL AND revised <> draft",
        "revisions that do not start from the previous one",
        at_most=0,
    ),
    Check(
        "cai_revisions",
        "change_recomputed",
        "SELECT count(*) FROM this WHERE revision IS NOT NULL AND (changed IS NULL OR edit_distance IS NULL"
        " OR changed <> (edit_distance > 0) OR changed AND revision = draft"
        " OR edit_distance > greatest(length(revision), length(draft)))",
        "revisions marked as changed that are not, or the reverse",
        at_most=0,
    ),
    Check(
        "cai_revisions",
        "revisions_change",
        "SELECT avg(changed::INT) FROM this WHERE kind = 'red_team'",
        "critiques that change nothing",
        at_least=0.6,
        severity="warning",
    ),
    Check(
        "cai_revisions",
        "controls_stay",
        "SELECT coalesce(avg(changed::INT), 0) FROM this WHERE kind = 'helpful'",
        "revisions that rewrite answers to harmless prompts",
        at_most=0.5,
        severity="warning",
    ),
    Check(
        "cai_revisions",
        "harmlessness_gain",
        "SELECT avg(harmlessness - draft_harmlessness) FROM this WHERE kind = 'red_team'",
        "revisions that a judge scores as more harmful than their drafts",
        at_least=0,
        severity="warning",
    ),
    no_rows("helpful_answers"),
    Check(
        "helpful_answers",
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')} OR (failure IS NULL AND {blank('completion')})",
        "usable rows with an empty prompt or completion",
        at_most=0,
    ),
    source_prompt("helpful_answers", "helpful_prompts"),
    not_held_out("helpful_answers"),
    no_rows("cai_sft"),
    no_empty("cai_sft", "prompt", "completion"),
    Check(
        "cai_sft",
        "prompt_equals_source",
        "SELECT count(*) FROM this LEFT JOIN (SELECT prompt_id, prompt FROM red_team_prompts UNION"
        " SELECT prompt_id, prompt FROM helpful_prompts UNION"
        f" SELECT prompt_id, prompt FROM {ROUND_PROMPTS} UNION"
        f" SELECT prompt_id, prompt FROM {FAILURES}) AS source USING (prompt_id)"
        " WHERE kind <> 'capability' AND (source.prompt IS NULL OR source.prompt <> this.prompt)",
        "rows whose prompt differs from the source's, such as truncated ones",
        at_most=0,
        reads=PROMPT_SETS,
        own=(ROUND_PROMPTS, FAILURES),
    ),
    not_held_out("cai_sft"),
    Check(
        "cai_sft",
        "no_truncated_completion",
        "SELECT count(*) FROM this LEFT JOIN (SELECT revision_key AS key, finish_reason FROM cai_revisions"
        " UNION SELECT revision_key, finish_reason FROM failure_revisions"
        " UNION SELECT completion_key, finish_reason FROM helpful_answers) AS source"
        " ON source.key = this.completion_key"
        " WHERE kind <> 'capability' AND source.finish_reason IS DISTINCT FROM 'stop'",
        "examples that were cut off, or that come from no revision or answer",
        at_most=0,
        reads=("cai_revisions", "helpful_answers"),
        own=("failure_revisions",),
    ),
    Check(
        "cai_sft",
        "revision_share",
        "SELECT sum(num_tokens) FILTER (kind = 'revision') / sum(num_tokens) FROM this",
        "a mix with hardly any revisions, or hardly anything else (share of tokens)",
        at_least=0.1,
        at_most=0.95,
        severity="warning",
    ),
)
