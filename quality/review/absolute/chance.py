"""Agreement beyond chance of two raters with several words, weighted so that it is that of the version."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets_registry.rows.review.agreement import ReviewFigure
from quality.judges.beyond_chance import Interval, jackknifed_interval
from quality.review.figures import figure_of
from quality.review.settings import ReviewGate
from quality.review.weighted import Share, weighted_share

KAPPA_SAYS = (
    "agreement beyond what raters would reach who say each word as often; where one word is rare it is low "
    "however well people agree, and its interval wide: read it beside the agreement by label"
)
AC1_SAYS = (
    "agreement beyond chance where raters guess only as often as words vary; where one word is rare it "
    "hardly falls, and so says little of that word: read it beside the agreement by label"
)
# shares of the first rater's words, and of the second's
Chance = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Rated:
    """Two words on one unit, and how many labels of the version it stands for."""

    unit: str
    weight: float
    first: str
    second: str


def _cohen(first: np.ndarray, second: np.ndarray) -> float:
    """Each rater says each word as often as they do (Cohen 1960)."""
    return float(first @ second)


def _gwet(first: np.ndarray, second: np.ndarray) -> float:
    """Raters who guess say every word as often, and guess as often as words vary (Gwet 2008)."""
    shares = (first + second) / 2
    return float(shares @ (1 - shares)) / (len(shares) - 1)


CHANCES: Mapping[str, tuple[Chance, str]] = {
    "cohen_kappa": (_cohen, KAPPA_SAYS),
    "gwet_ac1": (_gwet, AC1_SAYS),
}


def beyond_chance_figures(label: str, rated: Sequence[Rated], gate: ReviewGate) -> list[ReviewFigure]:
    """Kappa and AC1 with intervals over units; none without a unit or with one word alone."""
    units, words = _units(rated)
    if not len(units) or words < 2:
        return []
    return [
        figure_of(label + name, _share(units, words, chance), gate, says=says)
        for name, (chance, says) in CHANCES.items()
    ]


def _units(rated: Sequence[Rated]) -> tuple[np.ndarray, int]:
    """A row for each unit: its weight, its agreement, and how often each rater says each word."""
    words = sorted({word for each in rated for word in (each.first, each.second)})
    rows: dict[str, list[list[float]]] = {}
    for each in rated:
        said = [float(word == given) for given in (each.first, each.second) for word in words]
        rows.setdefault(each.unit, []).append([each.weight, float(each.first == each.second), *said])
    return np.array([np.mean(of_unit, axis=0) for of_unit in rows.values()]), len(words)


def _share(units: np.ndarray, words: int, chance: Chance) -> Share:
    agreed = weighted_share(units[:, 1].tolist(), units[:, 0].tolist())
    assert agreed is not None
    weights, rows = units[:, :1], units[:, 1:]
    value = _beyond((weights * rows).sum(axis=0) / weights.sum(), words, chance)
    low, high = _ends(agreed) or jackknifed_interval(value, _without_each(weights, rows, words, chance))
    return Share(value, min(low, value), max(high, value), len(units))


def _ends(agreed: Share) -> Interval | None:
    """Where all agree, or none, those of the agreement; None where units differ."""
    if agreed.num_items < 2:
        return -1.0, 1.0
    if math.isclose(agreed.value, 0) or math.isclose(agreed.value, 1):
        return 2 * agreed.low - 1, 2 * agreed.high - 1
    return None


def _without_each(weights: np.ndarray, rows: np.ndarray, words: int, chance: Chance) -> list[float]:
    """The figure without each unit."""
    left = ((weights * rows).sum(axis=0) - weights * rows) / (weights.sum() - weights)
    return [_beyond(shares, words, chance) for shares in left]


def _beyond(shares: np.ndarray, words: int, chance: Chance) -> float:
    """The figure of the share of agreement, and of the shares of both raters' words."""
    agreed, first, second = float(shares[0]), shares[1 : words + 1], shares[words + 1 :]
    expected = chance(first, second)
    return 0.0 if expected >= 1 else (agreed - expected) / (1 - expected)
