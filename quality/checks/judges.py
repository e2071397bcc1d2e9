"""Checks of judges: scores, agreement with people, steered verdicts, certificate, suites, principles."""

from quality.checks.check import Check
from quality.checks.rules import no_rows

_TIE = "json_extract_string($settings, '$.tie_logit')::DOUBLE"
JUDGE_CHECKS: tuple[Check, ...] = (
    no_rows("ai_scores"),
    Check(
        "ai_scores",
        "parse_rate",
        "SELECT avg((score IS NOT NULL)::INT) FROM this",
        "a judge that does not answer with a score",
        at_least=0.9,
        severity="warning",
    ),
    Check(
        "ai_scores",
        "score_recomputed",
        "SELECT count(*) FROM this WHERE score IS NULL <> (len(probabilities) <> 10) OR score IS NOT NULL AND"
        " (abs(list_sum(probabilities) - 1) > 1e-9 OR abs(reward - (score - 5.5) / 4.5) > 1e-9 OR abs(score -"
        " list_sum(list_transform(range(1, 11), lambda grade: grade * probabilities[grade]))) > 1e-9)",
        "scores that are not the mean of their probabilities",
        at_most=0,
    ),
    no_rows("human_agreement"),
    Check(
        "human_agreement",
        "agreement_recomputed",
        "SELECT count(*) FROM this WHERE human_label IS NULL OR agrees IS DISTINCT FROM"
        " CASE WHEN label IN ('a', 'b') THEN label = human_label END",
        "agreement that does not follow from the labels",
        at_most=0,
    ),
    Check(
        "steered_verdicts",
        "parse_rate",
        "SELECT avg((failure IS NULL)::INT) FROM this",
        "a judge that does not answer the question where a text speaks for it",
        at_least=0.9,
        severity="warning",
    ),
    Check(
        "steered_verdicts",
        "moved_recomputed",
        "SELECT count(*) FROM this WHERE logit_plain >= 0 OR (failure IS NULL) <> (moved IS NOT NULL)"
        f" OR (failure IS NULL) <> (neutral_moved IS NOT NULL) OR moved <> (logit_addition > {_TIE})"
        f" OR neutral_moved <> (logit_neutral > {_TIE})",
        "turned verdicts that do not follow from the logits, or verdicts that were for the response before",
        at_most=0,
    ),
    no_rows("judge_certificate"),
    Check(
        "judge_certificate",
        "required_figures_hold",
        "SELECT count(*) FROM this WHERE required AND (at_least IS NOT NULL OR at_most IS NOT NULL)"
        " AND holds IS NOT TRUE",
        "a judge without the certificate that the profile requires (`trimtab judges` names the figure: take"
        " another judge, or calibration, or set certificate.required = false)",
        at_most=0,
    ),
    Check(
        "judge_certificate",
        "figures_hold",
        "SELECT count(*) FROM this WHERE holds IS NOT TRUE AND (at_least IS NOT NULL OR at_most IS NOT NULL)",
        "figures of a judge outside their bounds, or not shown to be inside",
        at_most=0,
        severity="warning",
    ),
    no_rows("judge_items"),
    Check(
        "judge_items",
        "gold_is_whole",
        "SELECT count(*) FROM this WHERE failure IS NULL AND CASE WHEN kind = 'steps' THEN len(steps) = 0"
        " OR first_error IS NULL OR first_error NOT BETWEEN 0 AND len(steps)"
        " ELSE num_right NOT BETWEEN 1 AND len(responses) - 1 END",
        "items without a right judgement",
        at_most=0,
    ),
    no_rows("judge_answers"),
    Check(
        "judge_answers",
        "parse_rate",
        "SELECT avg((failure IS NULL)::INT) FROM this",
        "a judge that does not answer what suites ask",
        at_least=0.9,
        severity="warning",
    ),
    Check(
        "judge_answers",
        "chosen_recomputed",
        "SELECT count(*) FROM this WHERE (failure IS NULL) <> (chosen IS NOT NULL OR judged_first_error IS"
        " NOT NULL) OR chosen IS DISTINCT FROM CASE WHEN p_right > 0.5 THEN 'right' WHEN p_right < 0.5 THEN"
        " 'wrong' WHEN p_right = 0.5 THEN 'even' END",
        "choices that do not follow from the probabilities, or answers in spite of a failure",
        at_most=0,
    ),
    no_rows("judge_benchmark"),
    Check(
        "judge_benchmark",
        "beats_blind",
        "SELECT count(*) FROM this JOIN (SELECT suite, metric, max(value) AS blind FROM this"
        " WHERE judge_kind = 'content-blind' AND subset = 'all' GROUP BY ALL) USING (suite, metric)"
        " WHERE judge_kind <> 'content-blind' AND subset = 'all' AND metric IN ('accuracy', 'f1')"
        " AND (low IS NULL OR low <= blind)",
        "judges not shown to do better on a suite than the longest, the shortest or the first answer",
        at_most=0,
        severity="warning",
    ),
    no_rows("principle_audit"),
    Check(
        "principle_audit",
        "every_principle_judges",
        "SELECT avg((num_pairs = 0 AND num_critiques = 0)::INT) FROM this",
        "principles that are never sampled, so that nothing covers their purpose",
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
