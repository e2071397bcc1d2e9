"""Checks of judges: the certificate, agreement with people, and what each principle did."""

from quality.checks.check import Check
from quality.checks.rules import no_rows

JUDGE_CHECKS: tuple[Check, ...] = (
    no_rows("human_agreement"),
    Check(
        "human_agreement",
        "agreement_recomputed",
        "SELECT count(*) FROM this WHERE human_label IS NULL OR agrees IS DISTINCT FROM"
        " CASE WHEN label IN ('a', 'b') THEN label = human_label END",
        "agreement that the labels do not give",
        at_most=0,
    ),
    no_rows("judge_certificate"),
    Check(
        "judge_certificate",
        "required_figures_hold",
        "SELECT count(*) FROM this WHERE required AND (at_least IS NOT NULL OR at_most IS NOT NULL)"
        " AND holds IS NOT TRUE",
        "a judge that the profile requires to be certified, and is not",
        at_most=0,
    ),
    Check(
        "judge_certificate",
        "figures_hold",
        "SELECT count(*) FROM this WHERE holds IS NOT TRUE AND (at_least IS NOT NULL OR at_most IS NOT NULL)",
        "figures of a judge outside their bounds, or not shown to be within",
        at_most=0,
        severity="warning",
    ),
    no_rows("principle_audit"),
    Check(
        "principle_audit",
        "every_principle_judges",
        "SELECT avg((num_pairs = 0 AND num_critiques = 0)::INT) FROM this",
        "principles that are never drawn, so that nothing covers what they are for",
        at_most=0.25,
        severity="warning",
    ),
    Check(
        "principle_audit",
        "revisions_win",
        "SELECT sum(win_rate * num_scored) / sum(num_scored) FROM this WHERE num_scored > 0",
        "revisions that a judge scores below their drafts",
        at_least=0.5,
        severity="warning",
    ),
)
