"""SQL over judgements: a judge's verdict on a pair under one principle, position taken off."""

# ab and ba are logits for a; identical responses, where they were judged, give the position's share
BALLOTS = """
    SELECT pair_id, judge, principle_id, signal, ab - position AS logit_ab, position - ba AS logit_ba,
           parsed AND ab IS NOT NULL AND ba IS NOT NULL AS whole
    FROM (
        SELECT pair_id, judge, principle_id, any_value(signal) AS signal,
               bool_and(verdict IS NOT NULL) AS parsed,
               any_value(logit) FILTER ("order" = 'ab') AS ab, any_value(logit) FILTER ("order" = 'ba') AS ba,
               coalesce(avg(logit) FILTER ("order" IN ('aa', 'bb')), 0) AS position
        FROM (
            SELECT *, ln(greatest(least(p_first, 1 - 1e-6), 1e-6)
                         / (1 - greatest(least(p_first, 1 - 1e-6), 1e-6))) AS logit
            FROM ai_judgements
        )
        GROUP BY pair_id, judge, principle_id
    )
"""
