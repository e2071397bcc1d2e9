"""Intervals of figures by drawing clusters again, every figure of the same ones by the same draws."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np

from datasets_registry.intervals import mean_interval, student_quantile, wilson_interval
from methods.evaluation.measures import ALL, Draws, Interval, Measure, Values, drawn_clusters
from quality.evaluation.axes import CompositeSettings
from quality.evaluation.composite import BySuite, joint_draws

RESAMPLES = 2_000
# differences between draws that only the order of sums makes
_SAME = 1e-9


Drawn = Callable[[Sequence[str]], Draws]


class Drawing:
    """Draws of clusters, made once for each set of them."""

    def __init__(self, num_draws: int = RESAMPLES) -> None:
        self._num_draws = num_draws
        self._made: dict[tuple[str, ...], Draws] = {}

    def of(self, clusters: Iterable[str]) -> Draws:
        """The draws of these clusters; the first has each once."""
        names = tuple(sorted(set(clusters)))
        if names not in self._made:
            self._made[names] = drawn_clusters(names, self._num_draws)
        return self._made[names]


def drawing_axes(models: Sequence[BySuite], settings: CompositeSettings) -> Drawn:
    """Draws within each suite that an axis of the composite is of, the same for all ``models``."""
    axes = {(axis.suite, axis.metric) for axis in settings.axes.values()}

    def of_axes(measures: BySuite) -> BySuite:
        own = {
            suite: [each for each in of_suite if each.category == ALL and (suite, each.metric) in axes]
            for suite, of_suite in measures.items()
        }
        return {suite: kept for suite, kept in own.items() if kept}

    @cache
    def draws() -> Draws:
        return joint_draws([of_axes(measures) for measures in models], RESAMPLES)

    return lambda clusters: draws()


def figure_interval(measure: Measure, values: Values) -> Interval | None:
    """The 95 % interval of a figure: the exact one where it has one, else of its ``values`` by draw."""
    if measure.exact:
        return measure.exact()
    return drawn_interval(values, len(measure.clusters), measure.limits)


def drawn_interval(values: Values, num_clusters: int, limits: Interval | None = None) -> Interval | None:
    """The 95 % percentile interval of ``values``, the first of which is the figure itself.

    The percentiles are widened for few clusters, as Student's are (Hesterberg 2015). None for a single
    cluster, or where no draw has a value. Where all draws agree, what was not seen in as many clusters is as
    rare as Wilson's interval of a share of 0 says, and may lie at either of ``limits``.
    """
    value, drawn = float(values[0]), values[1:][np.isfinite(values[1:])]
    if num_clusters < 2 or not drawn.size:
        return None
    if np.ptp(drawn) <= _SAME * max(1.0, abs(value)):
        return _unvaried(value, num_clusters, limits)
    tail = tail_percent(num_clusters)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return min(value, float(low)), max(value, float(high))


def difference_interval(differences: Sequence[float]) -> Interval | None:
    """Student's 95 % interval of the mean of units' differences between shares.

    Where all agree, it holds what so few can have missed; None for a single unit.
    """
    if max(differences) > min(differences):
        return mean_interval(differences)
    return drawn_interval(np.array([differences[0]] * 2), len(differences), (-1.0, 1.0))


def tail_percent(count: int) -> float:
    """What is left out at each end of the draws of ``count`` clusters, in percent."""
    return 50 * math.erfc(student_quantile(count - 1) * math.sqrt(count / (count - 1) / 2))


def _unvaried(value: float, num_clusters: int, limits: Interval | None) -> Interval:
    unseen = wilson_interval(0, num_clusters)[1]
    least, greatest = limits or about(value, value)
    return min(value, value - unseen * (value - least)), max(value, value + unseen * (greatest - value))


def about(value: float, size: float) -> Interval:
    """Where a figure without limits is taken to lie: as far from ``value`` as its size, at least by 1."""
    reach = max(1.0, abs(size))
    return value - reach, value + reach
