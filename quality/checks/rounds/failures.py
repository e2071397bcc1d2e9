"""Checks of failures under red-teaming, and of what feeding them back does."""

from quality.checks.check import Check
from quality.checks.rules import FAILURES, ROUND_PROMPTS, no_empty, no_rows, not_held_out

_FAILS = "CASE kind WHEN 'red_team' THEN refused = 'none' ELSE refused <> 'none' END"
FAILURE_CHECKS: tuple[Check, ...] = (
    no_rows(FAILURES),
    not_held_out(FAILURES),
    Check(
        FAILURES,
        "failed_recomputed",
        f"SELECT count(*) FROM this WHERE failed IS DISTINCT FROM ({_FAILS}) OR (failed IS NULL) <>"
        " (failure IS NOT NULL) OR (failure_kind IS NOT NULL) <> coalesce(failed, false)",
        "answers called failures that their grade does not make one, or ungraded ones without a reason",
        at_most=0,
    ),
    Check(
        FAILURES,
        "never_fed_stay_unfed",
        f"SELECT count(*) FROM this WHERE part = 'never_fed' AND split_group IN"
        f" (SELECT split_group FROM {ROUND_PROMPTS})",
        "prompts that are said never to be fed, of a group that a round asks",
        at_most=0,
        own=(ROUND_PROMPTS,),
    ),
    Check(
        FAILURES,
        "unknown_share",
        "SELECT avg((failed IS NULL)::INT) FROM this",
        "answers that are cut off, or that the judge does not grade (their share)",
        at_most=0.05,
        severity="warning",
    ),
    no_empty("failure_revisions", "prompt", "revision"),
    not_held_out("failure_revisions"),
    Check(
        "failure_revisions",
        "revises_failures",
        f"SELECT count(*) FROM this LEFT JOIN (SELECT * FROM {FAILURES} WHERE part <> 'never_fed') AS asked"
        " USING (round, prompt_id) WHERE asked.prompt IS DISTINCT FROM this.prompt"
        " OR asked.kind IS DISTINCT FROM this.kind OR NOT coalesce(asked.failed, false)",
        "revisions of answers that did not fail, of prompts that are never fed, or of other prompts",
        at_most=0,
        own=(FAILURES,),
    ),
    Check(
        "failure_revisions",
        "revisions_change",
        "SELECT coalesce(avg(changed::INT), 1) FROM this",
        "critiques that change nothing of what failed",
        at_least=0.6,
        severity="warning",
    ),
    no_rows("feedback_figures"),
    Check(
        "feedback_figures",
        "within_interval",
        "SELECT count(*) FROM this WHERE (value IS NULL) <> (low IS NULL) OR value NOT BETWEEN low AND high",
        "figures outside their interval",
        at_most=0,
    ),
    Check(
        "feedback_figures",
        "fed_not_learned_by_heart",
        "SELECT count(*) FROM this WHERE figure = 'gap' AND high < 0",
        "policies that fail less on prompts that were fed to them than on those that never were",
        at_most=0,
        severity="warning",
    ),
)
