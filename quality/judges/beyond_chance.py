"""Agreement beyond chance, from shares: how often raters agree, and how often each of them says a."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from datasets_registry.intervals import LEVEL, certain_interval, student_quantile, unit_interval

Interval = tuple[float, float]
# the agreement that chance alone gives, from both raters' shares of a
Chance = Callable[[float, float], float]


def cohen_chance(first: float, second: float) -> float:
    """Each rater says a as often as they do (Cohen 1960)."""
    return first * second + (1 - first) * (1 - second)


def gwet_chance(first: float, second: float) -> float:
    """Raters who guess do so evenly, as often as labels differ (Gwet 2008); it holds where one is rare."""
    share = (first + second) / 2
    return 2 * share * (1 - share)


CHANCES: dict[str, Chance] = {"cohen_kappa": cohen_chance, "gwet_ac1": gwet_chance}


def beyond_chance(shares: np.ndarray, chance: Chance) -> float:
    """The figure of units in rows: shares of agreement, of the first rater's a, and of the second's."""
    agreed, first, second = map(float, shares.mean(axis=0))
    return _beyond(agreed, chance(first, second))


def reported_interval(shares: np.ndarray, num_items: int, chance: Chance) -> Interval | None:
    """The 95 % interval over units; None for a single one.

    Where all agree, or none do, no unit differs, and the interval of the agreement gives its end: at even
    chances the figure is twice the agreement less one.
    """
    if len(shares) < 2:
        return None
    agreed = shares[:, 0]
    if 0 < agreed.mean() < 1:
        return _jackknifed(shares, chance)
    figure = beyond_chance(shares, chance)
    low, high = unit_interval(agreed.tolist(), num_items)
    return min(figure, 2 * low - 1), max(figure, 2 * high - 1)


def _jackknifed(shares: np.ndarray, chance: Chance) -> Interval:
    count, total = len(shares), shares.sum(axis=0)
    without = [beyond_chance((total - row)[None] / (count - 1), chance) for row in shares]
    return jackknifed_interval(beyond_chance(shares, chance), without)


def jackknifed_interval(figure: float, without: Sequence[float]) -> Interval:
    """The 95 % interval of a figure inside -1 to 1, from its values without each unit.

    By Fisher's z, since near 1 the figure is skewed: percentiles of resamples of a hundred units held the
    truth in 93 of 100 cases.
    """
    count = len(without)
    error = math.sqrt((count - 1) * float(np.var(without)))
    z, width = math.atanh(figure), student_quantile(count - 1) * error / (1 - figure**2)
    return math.tanh(z - width), math.tanh(z + width)


def certain_beyond(shares: np.ndarray, num_items: int, chance: Chance) -> Interval:
    """An interval that holds in at least 95 of 100 cases, by those of the three shares together."""
    level = 1 - (1 - LEVEL) / shares.shape[1]
    agreed, *sides = (certain_interval(column.tolist(), num_items, level) for column in shares.T)
    chances = [chance(first, second) for first, second in itertools.product(*map(_ends, sides))]
    return max(-1.0, _beyond(agreed[0], max(chances), -1.0)), _beyond(agreed[1], min(chances), 1.0)


def _ends(side: Interval) -> Sequence[float]:
    """Where chance has its extremes: at the ends, and at even shares where they are among them."""
    return (*side, 0.5) if side[0] < 0.5 < side[1] else side


def _beyond(agreed: float, chance: float, otherwise: float = 0.0) -> float:
    return otherwise if chance >= 1 else (agreed - chance) / (1 - chance)
