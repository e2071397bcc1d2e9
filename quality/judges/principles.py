"""An audit of principles: uses, changed texts, margins, disagreement with others, wins of revisions."""

from collections.abc import Mapping

import duckdb

from datasets_registry.intervals import unit_interval, unit_means
from datasets_registry.rows.judges import PrincipleFigure
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from datasets_registry.views.scanning import records
from methods.method import Inputs, Method, Models
from quality.judges.ballots import BALLOTS

_REVISIONS = """
    SELECT principle_id, count(*) AS num_critiques, avg(changed::INT) AS changed_share,
           avg(edit_distance) AS mean_edit_distance
    FROM cai_revisions WHERE kind = 'red_team' GROUP BY principle_id
"""
# a principle's revisions are measured by the score of its signal; honesty's by harmlessness
_WINS = """
    SELECT principle_id, split_group,
           CASE WHEN after > before THEN 1.0 WHEN after < before THEN 0.0 ELSE 0.5 END AS point
    FROM (
        SELECT prompt_id, step, principle_id, split_group,
               CASE WHEN signal = 'helpfulness' THEN helpfulness ELSE harmlessness END AS after,
               CASE WHEN signal = 'helpfulness' THEN draft_helpfulness ELSE draft_harmlessness END AS before
        FROM cai_revisions JOIN (SELECT unnest($ids) AS principle_id, unnest($signals) AS signal)
        USING (principle_id) WHERE kind = 'red_team'
    )
    WHERE after IS NOT NULL AND before IS NOT NULL ORDER BY prompt_id, step
"""
# sums of floats are taken in one order, as another would give other last digits and so another version
_VERDICTS = f"""
    WITH ballots AS (SELECT *, (logit_ab + logit_ba) / 2 AS logit FROM ({BALLOTS})), compared AS (
        SELECT pair_id, judge, principle_id, logit,
               count(*) OVER pair AS num, sum(logit) OVER pair AS total
        FROM ballots WHERE whole WINDOW pair AS (
            PARTITION BY pair_id, judge ORDER BY principle_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    ), shared AS (
        SELECT principle_id, count(DISTINCT pair_id) AS num_shared,
               avg((logit * (total - logit) < 0)::INT) AS disagreement
        FROM compared WHERE num > 1 GROUP BY principle_id
    )
    SELECT principle_id, count(DISTINCT pair_id) AS num_pairs, avg(whole::INT) AS parsed_share,
           avg(abs((1 / (1 + exp(-logit_ab)) + 1 / (1 + exp(-logit_ba))) / 2 - 0.5)
               ORDER BY pair_id, judge) FILTER (whole) AS mean_margin,
           avg((logit_ab * logit_ba <= 0)::INT) FILTER (whole) AS tie_share,
           coalesce(any_value(num_shared), 0) AS num_shared, any_value(disagreement) AS disagreement
    FROM ballots LEFT JOIN shared USING (principle_id) GROUP BY principle_id
"""
_NOTHING = {
    "num_critiques": 0,
    "changed_share": None,
    "mean_edit_distance": None,
    "num_pairs": 0,
    "parsed_share": None,
    "mean_margin": None,
    "tie_share": None,
    "num_shared": 0,
    "disagreement": None,
}


class AuditSettings(Settings):
    """The signal of each principle, by its id."""

    signals: Mapping[str, Signal]


def make_audit(inputs: Inputs, models: Models, settings: AuditSettings) -> list[PrincipleFigure]:
    """What each principle did in revisions and judgements."""
    with inputs.views() as connection:
        return audit(connection, settings.signals)


def audit(connection: "duckdb.DuckDBPyConnection", principles: Mapping[str, Signal]) -> list[PrincipleFigure]:
    """One row per principle, used or not, from the views ``cai_revisions`` and ``ai_judgements``."""
    figures = {principle_id: dict(_NOTHING) for principle_id in principles}
    for query in (_REVISIONS, _VERDICTS):
        for row in records(connection, query):
            figures.setdefault(row["principle_id"], dict(_NOTHING)).update(row)
    points: dict[str, list[tuple[str, float]]] = {principle_id: [] for principle_id in principles}
    parameters = {"ids": list(principles), "signals": list(principles.values())}
    for principle_id, group, point in connection.execute(_WINS, parameters).fetchall():
        points[principle_id].append((group, float(point)))
    return [
        PrincipleFigure.model_validate(
            figures[principle_id]
            | _wins(points[principle_id])
            | {"principle_id": principle_id, "signal": signal}
        )
        for principle_id, signal in principles.items()
    ]


def _wins(points: list[tuple[str, float]]) -> dict[str, float | int | None]:
    """Wins of revisions as means over groups of prompts, whose revisions are no independent ones."""
    if not points:
        return {"num_scored": 0, "win_rate": None, "win_low": None, "win_high": None}
    shares = unit_means(points)
    low, high = unit_interval(shares, len(points))
    return {
        "num_scored": len(points),
        "win_rate": sum(shares) / len(shares),
        "win_low": low,
        "win_high": high,
    }


PRINCIPLE_AUDIT = Method(run=make_audit, settings=AuditSettings, rows=PrincipleFigure)
