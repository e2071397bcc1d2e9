"""The certificate of judges of debates: their verdicts in both seatings, read as judgements on pairs."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.oversight.debates import Protocol
from methods.method import Inputs, Method, Models
from quality.judges.bounds import SEATED, CertificateBounds, DebatedBounds
from quality.judges.certificate import CertificateSettings, certify

DATASET = "oversight_certificate"
_JUDGEMENTS = """
SELECT question_id AS pair_id, CASE WHEN swap THEN 'ba' ELSE 'ab' END AS "order", argued AS principle_id,
       'debate' AS signal, judge, coalesce(debater, 'nobody') AS policy, p_first,
       NULL::DOUBLE AS outside_probability,
       CASE WHEN verdict IS NULL THEN NULL WHEN verdict = 'tie' THEN 'even'
            WHEN (verdict = 'a') <> swap THEN 'first' ELSE 'second' END AS verdict,
       num_samples > 0 AS asked
FROM debates WHERE protocol = ?
"""
# what a judge reads of a side is what was argued for it, and the answer where nobody argued for both
_PAIRS = """
SELECT question_id AS pair_id, split_group, coalesce(nullif(said_a, ''), answer_a) AS completion_a,
       coalesce(nullif(said_b, ''), answer_b) AS completion_b
FROM oversight_questions LEFT JOIN (
    SELECT question_id, {said_a} AS said_a, {said_b} AS said_b
    FROM debates WHERE protocol = ? AND argued = 'both' AND NOT swap
) USING (question_id)
"""


def _said(side: str) -> str:
    """SQL of all that was argued for a side."""
    turns = f"list_filter(turns, lambda turn: turn.side = '{side}')"
    return f"array_to_string(list_transform({turns}, lambda turn: turn.argument), ' ')"


class DebatedSettings(DebatedBounds):
    """The bounds, and the protocol whose verdicts are certified."""

    protocol: Protocol = "debate"


def make_debated_certificate(inputs: Inputs, models: Models, settings: DebatedSettings) -> list[JudgeFigure]:
    """The figures of each judge on what each policy argued, or solved, under the protocol."""
    with inputs.views() as connection:
        pairs = _PAIRS.format(said_a=_said("a"), said_b=_said("b"))
        seats = _table(connection, _JUDGEMENTS, settings.protocol)
        shown = _table(connection, pairs, settings.protocol)
    rows: list[JudgeFigure] = []
    for judged in seats.group_by(["judge", "policy"]).aggregate([]).sort_by("judge").to_pylist():
        rows += _figures(seats, shown, judged["judge"], judged["policy"], settings)
    return rows


def _table(connection: "duckdb.DuckDBPyConnection", query: str, protocol: Protocol) -> pa.Table:
    return connection.sql(query, params=[protocol]).to_arrow_table()


def _figures(
    seats: pa.Table, pairs: pa.Table, judge: str, policy: str, settings: DebatedSettings
) -> list[JudgeFigure]:
    """The figures of one judge on one policy."""
    bounds = settings.model_dump(include=set(CertificateBounds.model_fields))
    with duckdb.connect() as connection:
        # a debate that is void was shown to no judge
        shown = pc.field("asked") & (pc.field("policy") == policy)
        connection.register("ai_judgements", seats.filter(shown))
        connection.register("completion_pairs", pairs)
        named = CertificateSettings(**bounds, judges=(judge,), policy=policy)
        return [row for row in certify(connection, named, people=False) if row.figure in SEATED]


OVERSIGHT_CERTIFICATE = Method(make_debated_certificate, DebatedSettings, JudgeFigure)
