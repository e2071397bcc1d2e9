"""Checks of RLAIF: completion pairs, judgements, preference pairs."""

from datasets_registry.schemas import TIE_LOGIT
from quality.check import Check
from quality.rules import SOURCES, blank, no_empty, no_rows, not_held_out, source_prompt

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
    no_rows("ai_judgements"),
    Check(
        "ai_judgements", "parse_rate",
        "SELECT avg((verdict IS NOT NULL)::INT) FROM this",
        "a judge that does not answer the question", at_least=0.9,
    ),
    Check(
        "ai_judgements", "both_orders",
        "SELECT count(*) FROM (SELECT pair_id, principle_id FROM this GROUP BY ALL"
        " HAVING count(*) FILTER (\"order\" IN ('ab', 'ba')) <> 2)",
        "pairs that were not judged in both orders", at_most=0,
    ),
    Check(
        "ai_judgements", "first_position_share",
        "SELECT avg((verdict = 'first')::INT) FROM this"
        " WHERE verdict IS NOT NULL AND \"order\" IN ('ab', 'ba')",
        "a judge that prefers a position", at_least=0.25, at_most=0.75, severity="warning",
    ),
    no_rows("preference_pairs"),
    no_empty("preference_pairs", "prompt", "chosen", "rejected"),
    source_prompt("preference_pairs", "completion_pairs"),
    not_held_out("preference_pairs"),
    Check(
        "preference_pairs", "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen is the rejected", at_most=0,
    ),
    Check(
        "preference_pairs", "label_recomputed",
        f"""
        WITH logits AS (
            SELECT pair_id, "order", verdict,
                   ln(greatest(least(p_first, 1 - 1e-6), 1e-6)
                      / (1 - greatest(least(p_first, 1 - 1e-6), 1e-6))) AS logit
            FROM ai_judgements
        ), orders AS (
            SELECT pair_id, bool_and(verdict IS NOT NULL) AS parsed,
                   any_value(logit) FILTER ("order" = 'ab') AS ab,
                   any_value(logit) FILTER ("order" = 'ba') AS ba,
                   coalesce(avg(logit) FILTER ("order" IN ('aa', 'bb')), 0) AS position
            FROM logits GROUP BY pair_id
        ), expected AS (
            SELECT p.pair_id, p.completion_a, p.completion_b, CASE
                WHEN o.pair_id IS NULL THEN 'unjudged'
                WHEN NOT parsed THEN 'unparsed'
                WHEN least(ab - position, position - ba) > {TIE_LOGIT} THEN 'a'
                WHEN greatest(ab - position, position - ba) < -{TIE_LOGIT} THEN 'b'
                ELSE 'tie' END AS label
            FROM completion_pairs p LEFT JOIN orders o USING (pair_id)
        )
        SELECT count(*) FROM expected e FULL JOIN this t USING (pair_id)
        WHERE e.label IS DISTINCT FROM t.label
           OR t.chosen IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_a WHEN 'b' THEN completion_b END
           OR t.rejected IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_b WHEN 'b' THEN completion_a END
        """,
        "labels that the stored verdicts and orders do not give",
        at_most=0, reads=("completion_pairs", "ai_judgements"),
    ),
    Check(
        "preference_pairs", "labelled_share",
        "SELECT avg((label IN ('a', 'b'))::INT) FROM this",
        "ties and unparsed pairs that leave little to train on", at_least=0.1, severity="warning",
    ),
)  # fmt: skip
