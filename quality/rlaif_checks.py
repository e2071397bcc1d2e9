"""Checks of what labels are made from: completion pairs, judgements, direct scores."""

from quality.ballots import CROSSED, slots
from quality.check import Check
from quality.rules import SOURCES, blank, no_rows, not_held_out, source_prompt

RLAIF_CHECKS: tuple[Check, ...] = (
    no_rows("completion_pairs"),
    Check(
        "completion_pairs", "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')}"
        f" OR (failure IS NULL AND ({blank('completion_a')} OR {blank('completion_b')}))",
        "usable pairs with an empty prompt or completion", at_most=0,
    ),
    source_prompt("completion_pairs", *SOURCES),
    not_held_out("completion_pairs"),
    Check(
        "completion_pairs", "usable_share", "SELECT avg((failure IS NULL)::INT) FROM this",
        "samples that are truncated, empty or equal", at_least=0.5, severity="warning",
    ),
    no_rows("ai_judgements"),
    Check(
        "ai_judgements", "parse_rate", "SELECT avg((verdict IS NOT NULL)::INT) FROM this",
        "a judge that does not answer the question", at_least=0.9,
    ),
    Check(
        "ai_judgements", "both_orders",
        "SELECT count(*) FROM (SELECT pair_id, principle_id, judge FROM this GROUP BY ALL"
        f" HAVING count(*) FILTER ({CROSSED}) <> 2)",
        "pairs that were not judged in both orders", at_most=0,
    ),
    Check(
        "ai_judgements", "verdict_follows_probability",
        "SELECT count(*) FROM this WHERE verdict IS NOT NULL AND verdict IS DISTINCT FROM"
        " CASE WHEN p_first > 0.5 THEN 'first' WHEN p_first < 0.5 THEN 'second'"
        " WHEN p_first = 0.5 THEN 'even' END",
        "verdicts that their probabilities do not give", at_most=0,
    ),
    Check(
        "ai_judgements", "failure_has_no_verdict",
        "SELECT count(*) FROM this WHERE (failure IS NULL) <> (verdict IS NOT NULL)",
        "verdicts guessed after a failure, and failures without a reason", at_most=0,
    ),
    Check(
        "ai_judgements", "first_position_share",
        f"SELECT avg((verdict = 'first')::INT) FROM this WHERE verdict IS NOT NULL AND {CROSSED}",
        "a judge that prefers a position", at_least=0.25, at_most=0.75, severity="warning",
    ),
    Check(
        "ai_judgements", "slot_kept_share",
        f"SELECT avg((ab = ba)::INT) FROM ({slots('this')})",
        "a judge whose verdict follows the slot when the responses change places", at_most=0.25,
        severity="warning",
    ),
    Check(
        "ai_judgements", "principle_balance",
        "SELECT max(most) FROM (SELECT max(drawn) / avg(drawn) AS most FROM"
        " (SELECT signal, principle_id, count(DISTINCT pair_id) AS drawn FROM this GROUP BY ALL)"
        " GROUP BY signal)",
        "one principle that decides far more pairs than the others of its signal", at_most=4,
        severity="warning",
    ),
    no_rows("ai_scores"),
    Check(
        "ai_scores", "parse_rate", "SELECT avg((score IS NOT NULL)::INT) FROM this",
        "a judge that does not answer with a score", at_least=0.9, severity="warning",
    ),
    Check(
        "ai_scores", "score_recomputed",
        "SELECT count(*) FROM this WHERE score IS NULL <> (len(probabilities) <> 10) OR score IS NOT NULL AND"
        " (abs(list_sum(probabilities) - 1) > 1e-9 OR abs(reward - (score - 5.5) / 4.5) > 1e-9 OR abs(score -"
        " list_sum(list_transform(range(1, 11), lambda place: place * probabilities[place]))) > 1e-9)",
        "scores that are not the mean of their probabilities", at_most=0,
    ),
)  # fmt: skip
