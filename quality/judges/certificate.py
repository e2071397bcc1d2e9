"""A judge's certificate on one policy: parse rate, position, consistency, length, agreement with people."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
from pydantic import Field

from datasets_registry.intervals import certain_interval, unit_interval, unit_means
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.words import TIE_LOGIT
from datasets_registry.settings import Settings
from methods.judging.preference import Label, Preference, sigmoid
from methods.method import Inputs, Method, Models
from quality.evaluation.metrics import bootstrap_interval
from quality.judges.ballots import BALLOTS, CROSSED, slots

# the group of prompts, the logits in both orders, and both completions' lengths in characters
_MEASURED = f"""
    SELECT split_group, logit_ab, logit_ba, length(completion_a), length(completion_b)
    FROM ({BALLOTS}) JOIN completion_pairs USING (pair_id)
    WHERE whole AND judge = ? ORDER BY pair_id, principle_id
"""
LEAST_GROUPS = 20
Ballot = tuple[str, float, float, int, int]


class Bound(Settings):
    """Bounds that a figure's whole interval must keep, measured on enough groups of prompts."""

    at_least: float | None = None
    at_most: float | None = None
    least_groups: int = Field(LEAST_GROUPS, ge=1, description="Fewer groups of prompts certify nothing")

    def holds(self, low: float | None, high: float | None, num_groups: int) -> bool | None:
        """Whether the interval lies within the bounds; None where nothing was measured."""
        if low is None or high is None:
            return None
        return (
            num_groups >= self.least_groups
            and (self.at_least is None or low >= self.at_least)
            and (self.at_most is None or high <= self.at_most)
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
    """The bounds, which judges are certified on which policy's completions, and when a label is a tie.

    ``clamp`` and ``tie_logit`` are those of the labels, so that what is certified is what trains.
    """

    judges: tuple[str, ...]
    policy: str
    clamp: tuple[float, float] | None = None
    tie_logit: float = Field(TIE_LOGIT, ge=0)


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
        measured = [*_verdicts(connection, judge), *_ballots(connection, judge, settings)]
        if people:
            measured += _agreement(connection, judge)
        rows += [_row(figure, judge, settings) for figure in measured]
    return rows


@dataclass(frozen=True)
class Measured:
    """A figure with its interval, its items, and the groups of prompts, which vary, that they are from."""

    label: str
    value: float | None = None
    interval: tuple[float, float] | None = None
    num_items: int = 0
    num_groups: int = 0
    shares: tuple[float, ...] = ()


def _row(measured: Measured, judge: str, settings: CertificateSettings) -> JudgeFigure:
    bound = settings.bounds.get(measured.label)
    interval = measured.interval
    if bound and measured.shares:
        interval = certain_interval(measured.shares, measured.num_items)
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


def _share(label: str, hits: Sequence[tuple[str, bool]]) -> Measured:
    """The share of hits, as the mean over groups of prompts: a group's calls are no independent ones."""
    shares = unit_means(hits)
    if not shares:
        return Measured(label)
    value, interval = math.fsum(shares) / len(shares), unit_interval(shares, len(hits))
    return Measured(label, value, interval, len(hits), len(shares), shares)


def _verdicts(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Measured]:
    """Figures of single calls, before any correction for position."""
    calls = _rows_of(
        connection,
        "SELECT split_group, verdict, outside_probability"
        f" FROM ai_judgements JOIN completion_pairs USING (pair_id) WHERE judge = ? AND {CROSSED}",
        judge,
    )
    yield _share("parse_rate", [(group, verdict is not None) for group, verdict, _ in calls])
    parsed = [(group, verdict == "first") for group, verdict, _ in calls if verdict is not None]
    yield _share("first_position_share", parsed)
    outside = [probability for _, _, probability in calls if probability is not None]
    yield Measured("outside_probability", sum(outside) / len(outside) if outside else None, None, len(calls))
    kept = _rows_of(
        connection,
        f"SELECT split_group, ab = ba FROM ({slots('ai_judgements')})"
        " JOIN completion_pairs USING (pair_id) WHERE judge = ?",
        judge,
    )
    yield _share("slot_kept_share", kept)


def _ballots(
    connection: "duckdb.DuckDBPyConnection", judge: str, settings: CertificateSettings
) -> Iterable[Measured]:
    """Figures of whole ballots, without the position bias where it was measured."""
    ballots: list[Ballot] = connection.execute(_MEASURED, [judge]).fetchall()
    decided = [(*ballot, _winner(ballot, settings)) for ballot in ballots]
    yield _share("order_consistency", [(group, winner != "tie") for group, *_, winner in decided])
    yield _share(
        "longer_share",
        [
            (group, (winner == "a") == (a > b))
            for group, _, _, a, b, winner in decided
            if winner != "tie" and a != b
        ],
    )
    points = [(group, (ab + ba) / 2, math.log((a + 1) / (b + 1))) for group, ab, ba, a, b in ballots]
    if len(points) < 3 or len({length for _, _, length in points}) == 1:
        yield Measured("length_slope", num_items=len(points))
    else:
        yield _over_groups("length_slope", points, _slope)


def _winner(ballot: Ballot, settings: CertificateSettings) -> Label:
    """The completion on which both orders agree, by the rule of the labels."""
    low, high = settings.clamp or (0.0, 1.0)
    p_ab, p_ba = (min(max(sigmoid(value), low), high) for value in ballot[1:3])
    return Preference(p_ab=p_ab, p_ba=p_ba).label(settings.tie_logit)


def _over_groups(
    label: str, points: Sequence[tuple[str, float, float]], statistic: Callable[[np.ndarray], float]
) -> Measured:
    """A statistic of points, n × 2; its interval draws whole groups of prompts again."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for group, first, second in points:
        groups.setdefault(group, []).append((first, second))
    parts = [np.array(found, dtype=float) for found in groups.values()]

    def resampled(positions: np.ndarray) -> float:
        return statistic(np.concatenate([parts[position] for position in positions.astype(int)]))

    interval = bootstrap_interval([float(position) for position in range(len(parts))], resampled)
    return Measured(label, statistic(np.concatenate(parts)), interval, len(points), len(parts))


def _slope(points: np.ndarray) -> float:
    """Slope of the logit for a over log(length of a / length of b), through the origin.

    There is no intercept, since both change sign when a and b are swapped.
    """
    return float(points[:, 0] @ points[:, 1] / max(points[:, 1] @ points[:, 1], 1e-12))


def _agreement(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterable[Measured]:
    """Agreement with people on the pairs that the judge labels: as a share, Cohen's kappa and Gwet's AC1.

    Each of these pairs has a prompt of its own.
    """
    rows = _rows_of(
        connection,
        "SELECT pair_id, human_label = 'a', label = 'a' FROM human_agreement"
        " WHERE judge = ? AND label IN ('a', 'b') ORDER BY pair_id",
        judge,
    )
    accuracy = _share("human_accuracy", [(pair, human == judged) for pair, human, judged in rows])
    yield accuracy
    points = [(pair, *map(float, labels)) for pair, *labels in rows]
    for label, statistic in (("cohen_kappa", cohen_kappa), ("gwet_ac1", gwet_ac1)):
        beyond = _over_groups(label, points, statistic) if points else Measured(label)
        yield replace(beyond, interval=_widened(beyond, accuracy))


def _widened(beyond: Measured, accuracy: Measured) -> tuple[float, float] | None:
    """The interval beyond chance; where all agree, no resample differs, and the accuracy's gives its end."""
    if beyond.interval is None or accuracy.interval is None or accuracy.value not in (0.0, 1.0):
        return beyond.interval
    low, high = accuracy.interval
    # at even chances kappa and AC1 are twice the accuracy less one
    return min(beyond.interval[0], 2 * low - 1), max(beyond.interval[1], 2 * high - 1)


def cohen_kappa(labels: np.ndarray) -> float:
    """Agreement of two raters beyond chance (Cohen 1960); ``labels`` is n × 2, true for the choice a."""
    agreed = float((labels[:, 0] == labels[:, 1]).mean())
    first, second = labels.mean(axis=0)
    chance = float(first * second + (1 - first) * (1 - second))
    return 0.0 if chance == 1 else (agreed - chance) / (1 - chance)


def gwet_ac1(labels: np.ndarray) -> float:
    """Agreement beyond chance that holds where one label is rare (Gwet 2008); ``labels`` as for kappa."""
    agreed = float((labels[:, 0] == labels[:, 1]).mean())
    share = float(labels.mean())
    chance = 2 * share * (1 - share)
    return (agreed - chance) / (1 - chance)


def _rows_of(connection: "duckdb.DuckDBPyConnection", query: str, judge: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(query, [judge]).fetchall()
    return rows


JUDGE_CERTIFICATE = Method(run=make_certificate, settings=CertificateSettings, rows=JudgeFigure)
