"""A judge's certificate on one policy: parse rate, position, consistency, length, agreement with people."""

import math
from collections.abc import Iterable, Mapping

import duckdb
import numpy as np

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.words import TIE_LOGIT
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from quality.evaluation.metrics import Figure, bootstrap_interval
from quality.judges.ballots import BALLOTS, CROSSED, slots

# the logits in both orders, and both completions' lengths in characters
_MEASURED = f"""
    SELECT logit_ab, logit_ba, length(completion_a), length(completion_b)
    FROM ({BALLOTS}) JOIN completion_pairs USING (pair_id)
    WHERE whole AND judge = ? ORDER BY pair_id, principle_id
"""


class Bound(Settings):
    """Bounds that a figure's whole interval must keep."""

    at_least: float | None = None
    at_most: float | None = None

    def holds(self, low: float | None, high: float | None) -> bool | None:
        """Whether the interval lies within the bounds; None where nothing was measured."""
        if low is None or high is None:
            return None
        return (self.at_least is None or low >= self.at_least) and (
            self.at_most is None or high <= self.at_most
        )


DEFAULT_BOUNDS = {
    "parse_rate": Bound(at_least=0.9),
    "slot_kept_share": Bound(at_most=0.25),
    "order_consistency": Bound(at_least=0.75),
    "longer_share": Bound(at_least=0.3, at_most=0.7),
}


class CertificateBounds(Settings):
    """The bounds by figure, and whether preferences need them to train a model."""

    required: bool = False
    bounds: Mapping[str, Bound] = DEFAULT_BOUNDS


class CertificateSettings(CertificateBounds):
    """The bounds, which judges are certified, and on which policy's completions."""

    judges: tuple[str, ...]
    policy: str


def make_certificate(inputs: Inputs, models: Models, settings: CertificateSettings) -> list[JudgeFigure]:
    """The figures of each judge; of agreement with people only where people's comparisons were judged."""
    with inputs.views() as connection:
        row = connection.execute("SELECT count(*) > 0 FROM human_agreement").fetchone()
        return certify(connection, settings, people=row is not None and row[0])


def certify(
    connection: "duckdb.DuckDBPyConnection", settings: CertificateSettings, *, people: bool
) -> list[JudgeFigure]:
    """The figures of each judge, from the views of judgements, pairs and, with ``people``, agreement."""
    rows = []
    for judge in settings.judges:
        figures = [*_verdicts(connection, judge), *_ballots(connection, judge)]
        if people:
            figures += _agreement(connection, judge)
        rows += [_row(figure, judge, settings) for figure in figures]
    return rows


def _row(figure: Figure, judge: str, settings: CertificateSettings) -> JudgeFigure:
    label, value, interval, count = figure
    bound = settings.bounds.get(label)
    low, high = interval or (None, None)
    return JudgeFigure(
        judge=judge,
        policy=settings.policy,
        figure=label,
        value=value,
        low=low,
        high=high,
        num_items=count,
        at_least=bound.at_least if bound else None,
        at_most=bound.at_most if bound else None,
        holds=bound.holds(low, high) if bound else None,
        required=settings.required and bound is not None,
    )


def _share(label: str, hits: int, count: int) -> Figure:
    if not count:
        return label, None, None, 0
    return label, hits / count, wilson_interval(hits, count), count


def _verdicts(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Figure]:
    """Figures of single calls, before any correction for position."""
    parsed, first, total, outside = _row_of(
        connection,
        "SELECT count(verdict), count(*) FILTER (verdict = 'first'), count(*), avg(outside_probability)"
        f" FROM ai_judgements WHERE judge = ? AND {CROSSED}",
        judge,
    )
    yield _share("parse_rate", parsed, total)
    yield _share("first_position_share", first, parsed)
    yield "outside_probability", outside, None, total
    kept, both = _row_of(
        connection,
        f"SELECT count(*) FILTER (ab = ba), count(*) FROM ({slots('ai_judgements')}) WHERE judge = ?",
        judge,
    )
    yield _share("slot_kept_share", kept, both)


def _ballots(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Figure]:
    """Figures of whole ballots, without the position bias where it was measured."""
    ballots = connection.execute(_MEASURED, [judge]).fetchall()
    decided = [
        (ab > 0, a, b) for ab, ba, a, b in ballots if min(ab, ba) > TIE_LOGIT or max(ab, ba) < -TIE_LOGIT
    ]
    yield _share("order_consistency", len(decided), len(ballots))
    unequal = [(a_wins, a > b) for a_wins, a, b in decided if a != b]
    yield _share("longer_share", sum(a_wins == longer for a_wins, longer in unequal), len(unequal))
    points = np.array([((ab + ba) / 2, math.log((a + 1) / (b + 1))) for ab, ba, a, b in ballots])
    if len(points) < 3 or np.ptp(points[:, 1]) == 0:
        yield "length_slope", None, None, len(points)
    else:
        yield "length_slope", _slope(points), _slope_interval(points), len(points)


def _slope(points: np.ndarray) -> float:
    """Slope of the logit for a over log(length of a / length of b), through the origin.

    There is no intercept, since both change sign when a and b are swapped.
    """
    return float(points[:, 0] @ points[:, 1] / max(points[:, 1] @ points[:, 1], 1e-12))


def _slope_interval(points: np.ndarray) -> tuple[float, float]:
    positions = np.arange(len(points), dtype=float)
    return bootstrap_interval(list(positions), lambda sample: _slope(points[sample.astype(int)]))


def _agreement(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Figure]:
    """Agreement with people on the pairs that the judge labels, and Cohen's kappa."""
    rows = connection.execute(
        "SELECT human_label = 'a', label = 'a' FROM human_agreement"
        " WHERE judge = ? AND label IN ('a', 'b') ORDER BY pair_id",
        [judge],
    ).fetchall()
    yield _share("human_accuracy", sum(human == judged for human, judged in rows), len(rows))
    if not rows:
        yield "cohen_kappa", None, None, 0
        return
    labels = np.array(rows, dtype=bool)
    positions = [float(position) for position in range(len(labels))]
    interval = bootstrap_interval(positions, lambda sample: cohen_kappa(labels[sample.astype(int)]))
    yield "cohen_kappa", cohen_kappa(labels), interval, len(labels)


def cohen_kappa(labels: np.ndarray) -> float:
    """Agreement of two raters beyond chance (Cohen 1960); ``labels`` is n × 2, true for the choice a."""
    agreed = float((labels[:, 0] == labels[:, 1]).mean())
    first, second = labels.mean(axis=0)
    chance = float(first * second + (1 - first) * (1 - second))
    return 0.0 if chance == 1 else (agreed - chance) / (1 - chance)


def _row_of(connection: "duckdb.DuckDBPyConnection", query: str, judge: str) -> tuple[int, ...]:
    row = connection.execute(query, [judge]).fetchone()
    assert row is not None
    return tuple(row)


JUDGE_CERTIFICATE = Method(run=make_certificate, settings=CertificateSettings, rows=JudgeFigure)
