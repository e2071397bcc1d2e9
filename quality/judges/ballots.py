"""SQL over judgements: a judge's verdict on a pair under one principle, without its position bias."""

from datasets_registry.rows.words import RULE_JUDGE

# calls that show both completions of a pair, in either order
CROSSED = "\"order\" IN ('ab', 'ba')"


def slots(table: str) -> str:
    """SQL of the parsed verdicts on each pair of ``table`` in both orders; equal ones follow the slot."""
    return (
        "SELECT pair_id, judge, ab, ba FROM (SELECT pair_id, judge,"
        " any_value(verdict) FILTER (\"order\" = 'ab') AS ab,"
        f" any_value(verdict) FILTER (\"order\" = 'ba') AS ba FROM {table}"
        " GROUP BY pair_id, principle_id, judge)"
        " WHERE ab IN ('first', 'second') AND ba IN ('first', 'second')"
    )


# logit_ab and logit_ba are logits for a; identical responses, where judged, give the position bias
BALLOTS = """
    SELECT pair_id, judge, principle_id, signal, ab - position AS logit_ab, position - ba AS logit_ba,
           parsed AND ab IS NOT NULL AND ba IS NOT NULL AS whole
    FROM (
        SELECT pair_id, judge, principle_id, any_value(signal) AS signal,
               bool_and(verdict IS NOT NULL) AS parsed,
               any_value(logit) FILTER ("order" = 'ab') AS ab, any_value(logit) FILTER ("order" = 'ba') AS ba,
               coalesce(avg(logit ORDER BY "order") FILTER ("order" IN ('aa', 'bb')), 0) AS position
        FROM (
            SELECT *, ln(greatest(least(p_first, 1 - 1e-6), 1e-6)
                         / (1 - greatest(least(p_first, 1 - 1e-6), 1e-6))) AS logit
            FROM ai_judgements
        )
        GROUP BY pair_id, judge, principle_id
    )
"""

# whether a judge that was asked about a principle with a rule prefers what keeps it, where both decide
AGAINST_RULES = f"""
    SELECT split_group, (judged.logit_ab + judged.logit_ba > 0) = (ruled.logit_ab > 0)
    FROM ({BALLOTS}) AS judged JOIN ({BALLOTS}) AS ruled USING (pair_id, principle_id)
    JOIN completion_pairs USING (pair_id)
    WHERE judged.judge = ? AND ruled.judge = '{RULE_JUDGE}' AND judged.whole AND ruled.whole
          AND judged.logit_ab + judged.logit_ba <> 0 AND ruled.logit_ab <> 0
    ORDER BY pair_id, principle_id
"""
