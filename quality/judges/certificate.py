"""A judge's certificate on one policy: parse rate, position, consistency, length, people, steering."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import duckdb
import numpy as np
from pydantic import Field

from datasets_registry.intervals import unit_means
from datasets_registry.rows.judge_benchmark import JudgeAnswer
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.words import TIE_LOGIT
from methods.judging.preference import Label, Preference, sigmoid
from methods.method import Inputs, Method, Models
from quality.judges.ballots import AGAINST_RULES, BALLOTS, CROSSED, slots
from quality.judges.benchmark import by, certified
from quality.judges.beyond_chance import (
    CHANCES,
    Chance,
    beyond_chance,
    certain_beyond,
    reported_interval,
)
from quality.judges.bounds import STEERED, SUITES, CertificateBounds
from quality.judges.measured import Measured, share
from quality.judges.resampling import resampled_interval
from quality.judges.steering import steered

# the group of prompts, the logits in both orders, and both completions' lengths in characters
_MEASURED = f"""
    SELECT split_group, logit_ab, logit_ba, length(completion_a), length(completion_b)
    FROM ({BALLOTS}) JOIN completion_pairs USING (pair_id)
    WHERE whole AND judge = ? ORDER BY pair_id, principle_id
"""
Ballot = tuple[str, float, float, int, int]


class CertificateSettings(CertificateBounds):
    """The bounds, which judges are certified on which policy's completions, and when a label is a tie.

    ``clamp`` and ``tie_logit`` are those of the labels, so that what is certified is what trains.
    """

    judges: tuple[str, ...]
    policy: str
    clamp: tuple[float, float] | None = None
    tie_logit: float = Field(TIE_LOGIT, ge=0)


def make_certificate(inputs: Inputs, models: Models, settings: CertificateSettings) -> list[JudgeFigure]:
    """The figures of each judge; of people, additions and suites only where these were judged."""
    answers = by(inputs.stream(JudgeAnswer), "judge")
    with inputs.views() as connection:
        people, additions = (_has_rows(connection, name) for name in ("human_agreement", "steered_verdicts"))
        # a bound on what no judge decided of is not passed over
        additions = additions or not settings.bounds.keys().isdisjoint(STEERED)
        return certify(connection, settings, people=people, additions=additions, answers=answers)


def _has_rows(connection: "duckdb.DuckDBPyConnection", view: str) -> bool:
    return bool(connection.execute(f"FROM {view} LIMIT 1").fetchall())


def certify(
    connection: "duckdb.DuckDBPyConnection",
    settings: CertificateSettings,
    *,
    people: bool,
    additions: bool = False,
    answers: Mapping[str, Sequence[JudgeAnswer]] | None = None,
) -> list[JudgeFigure]:
    """The figures of each judge, from the views of judgements, pairs and, if they are to count, the others.

    ``people`` reads agreement with them, and ``additions`` steered verdicts. ``answers`` to suites are by
    judge.
    """
    rows = []
    for judge in settings.judges:
        measured = [*_verdicts(connection, judge), *_ballots(connection, judge, settings)]
        if people:
            measured += _agreement(connection, judge)
        if additions:
            measured += steered(connection, judge)
        bounded = settings.bounds.keys() & set(SUITES)
        measured += certified((answers or {}).get(judge, ()), bounded)
        rows += [_row(figure, judge, settings) for figure in measured]
    return rows


def _row(measured: Measured, judge: str, settings: CertificateSettings) -> JudgeFigure:
    bound = settings.bounds.get(measured.label)
    interval = measured.interval
    if bound:
        interval = measured.certain() if measured.certain else None
    low, high = interval or (None, None)
    return JudgeFigure(
        judge=judge,
        policy=settings.policy,
        figure=measured.label,
        value=measured.value,
        low=low,
        high=high,
        num_items=measured.num_items,
        at_least=bound.at_least if bound else None,
        at_most=bound.at_most if bound else None,
        holds=bound.holds(low, high, measured.num_groups) if bound else None,
        required=settings.required and bound is not None,
    )


def _verdicts(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Measured]:
    """Figures of single calls, before any correction for position."""
    calls = _rows_of(
        connection,
        "SELECT split_group, verdict, outside_probability"
        f" FROM ai_judgements JOIN completion_pairs USING (pair_id) WHERE judge = ? AND {CROSSED}",
        judge,
    )
    yield share("parse_rate", [(group, verdict is not None) for group, verdict, _ in calls])
    parsed = [(group, verdict == "first") for group, verdict, _ in calls if verdict is not None]
    yield share("first_position_share", parsed)
    outside = [probability for _, _, probability in calls if probability is not None]
    yield Measured("outside_probability", sum(outside) / len(outside) if outside else None, None, len(calls))
    kept = _rows_of(
        connection,
        f"SELECT split_group, ab = ba FROM ({slots('ai_judgements')})"
        " JOIN completion_pairs USING (pair_id) WHERE judge = ?",
        judge,
    )
    yield share("slot_kept_share", kept)


def _ballots(
    connection: "duckdb.DuckDBPyConnection", judge: str, settings: CertificateSettings
) -> Iterable[Measured]:
    """Figures of whole ballots, without the position bias where it was measured."""
    ballots: list[Ballot] = connection.execute(_MEASURED, [judge]).fetchall()
    decided = [(*ballot, _winner(ballot, settings)) for ballot in ballots]
    yield share("order_consistency", [(group, winner != "tie") for group, *_, winner in decided])
    yield share(
        "longer_share",
        [
            (group, (winner == "a") == (a > b))
            for group, _, _, a, b, winner in decided
            if winner != "tie" and a != b
        ],
    )
    yield share("rule_agreement", _rows_of(connection, AGAINST_RULES, judge))
    points = [(group, (ab + ba) / 2, math.log((a + 1) / (b + 1))) for group, ab, ba, a, b in ballots]
    if len(points) < 3 or len({length for _, _, length in points}) == 1:
        yield Measured("length_slope", num_items=len(points))
    else:
        yield _length_slope(points)


def _winner(ballot: Ballot, settings: CertificateSettings) -> Label:
    """The completion on which both orders agree, by the rule of the labels."""
    low, high = settings.clamp or (0.0, 1.0)
    p_ab, p_ba = (min(max(sigmoid(value), low), high) for value in ballot[1:3])
    return Preference(p_ab=p_ab, p_ba=p_ba).label(settings.tie_logit)


def _slope(sums: np.ndarray) -> float:
    """Slope of the logit for a over log(length of a / length of b), through the origin.

    There is no intercept, since both change sign when a and b are swapped. ``sums`` are each group's, of
    products and of squares.
    """
    products, squares = sums.sum(axis=0)
    return float(products / max(squares, 1e-12))


def _length_slope(points: Sequence[tuple[str, float, float]]) -> Measured:
    """The slope of points, each of a group of prompts; whole groups are drawn again."""
    sums: dict[str, tuple[float, float]] = {}
    for group, logit, length in points:
        products, squares = sums.get(group, (0.0, 0.0))
        sums[group] = products + logit * length, squares + length * length
    units = np.array([*sums.values()])
    interval = resampled_interval(units, _slope)
    return Measured("length_slope", _slope(units), interval, len(points), len(units))


def _agreement(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Measured]:
    """Agreement with people on the pairs that the judge labels: as a share, Cohen's kappa and Gwet's AC1.

    Comparisons of one conversation are one unit.
    """
    rows = _rows_of(
        connection,
        "SELECT messages::VARCHAR, human_label = label, human_label = 'a', label = 'a' FROM human_agreement"
        " WHERE judge = ? AND label IN ('a', 'b') ORDER BY pair_id",
        judge,
    )
    yield share("human_accuracy", [(conversation, agrees) for conversation, agrees, *_ in rows])
    columns = [unit_means((row[0], float(row[place])) for row in rows) for place in (1, 2, 3)]
    shares, count = np.array(columns).T, len(rows)
    for label, chance in CHANCES.items():
        yield _beyond_chance(label, shares, count, chance) if rows else Measured(label)


def _beyond_chance(label: str, shares: np.ndarray, count: int, chance: Chance) -> Measured:
    interval = reported_interval(shares, count, chance)
    certain = partial(certain_beyond, shares, count, chance)
    return Measured(label, beyond_chance(shares, chance), interval, count, len(shares), certain)


def _rows_of(connection: "duckdb.DuckDBPyConnection", query: str, judge: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(query, [judge]).fetchall()
    return rows


JUDGE_CERTIFICATE = Method(run=make_certificate, settings=CertificateSettings, rows=JudgeFigure)
