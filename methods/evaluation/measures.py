"""Figures as functions of how often each cluster is drawn, so that any of them can be drawn again together.

A measure's first value is that of everything drawn once. Measures of one model, or of two on the same items,
that are given the same draws vary together, which is what differences and composites need.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, product
from typing import TypeVar

import numpy as np

from datasets_registry.hashing import derive_seed
from datasets_registry.intervals import unit_interval, unit_means
from datasets_registry.rows.evaluation import Better

Interval = tuple[float, float]
# values of a figure, one per draw; NaN where a draw has none
Values = np.ndarray
T = TypeVar("T")
# the category of figures over a whole suite
ALL = "all"


@dataclass(frozen=True)
class Draws:
    """How often each cluster is drawn: ``counts`` has a row per draw, the first with every cluster once."""

    clusters: tuple[str, ...]
    counts: np.ndarray

    def of(self, names: Sequence[str]) -> np.ndarray:
        """The counts of these clusters, in this order; raises KeyError for one that is not drawn."""
        places = {name: place for place, name in enumerate(self.clusters)}
        return self.counts[:, [places[name] for name in names]]


Statistic = Callable[[Draws], Values]


@dataclass(frozen=True)
class Measure:
    """A figure of one model: what it is, over which clusters, of how many answers.

    ``exact`` gives the interval where one is known that beats drawing again, as of a plain share; ``limits``
    are the least and the greatest value that it can have, where they are known; ``note`` says why there is no
    value, or what to mind. ``way`` is how the answers were asked for, where one way is no match for another.
    """

    metric: str
    better: Better
    statistic: Statistic
    clusters: tuple[str, ...]
    num_items: int
    category: str = ALL
    num_missing: int = 0
    exact: Callable[[], Interval] | None = None
    limits: Interval | None = None
    note: str | None = None
    way: str = ""

    def value(self) -> float:
        """The figure itself, of everything once; NaN where there is none."""
        return float(self.statistic(drawn_clusters(self.clusters, 0))[0])

    def within(self, category: str) -> "Measure":
        """The same figure, of a part of the suite."""
        return replace(self, category=category)

    def noted(self, note: str) -> "Measure":
        """The same figure with a word to mind."""
        return replace(self, note=note)

    def unmeasured(self, why: str) -> "Measure":
        """The same figure without a value, in whatever draw, and why it has none."""
        return replace(self, statistic=lambda draws: np.full(len(draws.counts), np.nan), exact=None, note=why)


def drawn_clusters(clusters: Iterable[str], num_draws: int, seed: int = 0) -> Draws:
    """Everything once, then ``num_draws`` draws of as many clusters with replacement, seeded by names."""
    names = tuple(sorted(set(clusters)))
    generator = np.random.default_rng(derive_seed("clusters", seed, names))
    shares = np.full(len(names), 1 / max(len(names), 1))
    counts = generator.multinomial(len(names), shares, size=num_draws) if names else np.zeros((num_draws, 0))
    return Draws(names, np.vstack([np.ones((1, len(names))), counts]).astype(float))


def joined(draws: Mapping[str, Draws]) -> Draws:
    """The draws of several suites side by side: each suite's clusters are drawn within it."""
    names = tuple(_placed(suite, name) for suite, own in draws.items() for name in own.clusters)
    return Draws(names, np.hstack([own.counts for own in draws.values()]))


def placed(measure: Measure, suite: str) -> Measure:
    """The measure of a suite as one of joined draws, in which clusters of two suites may share a name."""
    names = tuple(_placed(suite, name) for name in measure.clusters)

    def statistic(draws: Draws) -> Values:
        return measure.statistic(Draws(measure.clusters, draws.of(names)))

    return replace(measure, statistic=statistic, clusters=names)


def _placed(suite: str, cluster: str) -> str:
    return f"{suite}/{cluster}"


def share(metric: str, better: Better, values: Sequence[tuple[str, float]], num_missing: int = 0) -> Measure:
    """The share of ``values`` (cluster, 0 to 1), each cluster counted once."""
    mean = replace(mean_of(metric, better, values, num_missing), limits=(0.0, 1.0))
    means = unit_means(values)
    return replace(mean, exact=partial(unit_interval, means, len(values))) if means else mean


def mean_of(
    metric: str, better: Better, values: Sequence[tuple[str, float]], num_missing: int = 0
) -> Measure:
    """The mean of ``values`` (cluster, number), each cluster counted once."""
    names = tuple(dict.fromkeys(cluster for cluster, _ in values))
    means = np.array(unit_means(values), dtype=float)

    def statistic(draws: Draws) -> Values:
        counts = draws.of(names)
        return _ratio(counts @ means, counts.sum(axis=1))

    note = None if names else "nothing to measure"
    return Measure(metric, better, statistic, names, len(values), num_missing=num_missing, note=note)


def combined(
    metric: str, better: Better, parts: Sequence[Measure], combine: Callable[..., Values]
) -> Measure:
    """What ``combine`` makes of the values of ``parts``, drawn together; NaN where one of them has none."""

    def statistic(draws: Draws) -> Values:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(combine(*(part.statistic(draws) for part in parts)), dtype=float)

    clusters = tuple(sorted({name for part in parts for name in part.clusters}))
    empty = next((f"{part.metric}: {part.note}" for part in parts if not part.clusters), None)
    return Measure(
        metric,
        better,
        statistic,
        clusters,
        sum(part.num_items for part in parts),
        num_missing=sum(part.num_missing for part in parts),
        limits=_limits(parts, combine),
        note=empty,
        way=next((part.way for part in parts if part.way), ""),
    )


def _limits(parts: Sequence[Measure], combine: Callable[..., Values]) -> Interval | None:
    """What ``combine`` reaches at the limits of ``parts``, where all have some: it goes one way in each."""
    limits = [part.limits for part in parts if part.limits]
    if not parts or len(limits) < len(parts):
        return None
    corners = np.array(list(product(*limits))).T
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.asarray(combine(*corners), dtype=float)
    reached = reached[np.isfinite(reached)]
    return (float(reached.min()), float(reached.max())) if reached.size else None


def less(metric: str, better: Better, first: Measure, second: Measure) -> Measure:
    """The first figure less the second, drawn together: paired where they share clusters."""
    return combined(metric, better, (first, second), np.subtract)


def drawn(
    metric: str,
    better: Better,
    values: Sequence[tuple[str, T]],
    statistic: Callable[[Sequence[T]], float | None],
    num_missing: int = 0,
) -> Measure:
    """Any figure of ``values`` (cluster, what is measured): each draw hands on those of its clusters."""
    by_cluster: dict[str, list[T]] = {}
    for cluster, value in values:
        by_cluster.setdefault(cluster, []).append(value)
    names, groups = tuple(by_cluster), list(by_cluster.values())

    def of(counts: np.ndarray) -> float:
        places = np.repeat(np.arange(len(groups)), counts).tolist()
        held = list(chain.from_iterable([groups[place] for place in places]))
        figure = statistic(held) if held else None
        return np.nan if figure is None else figure

    note = None if names else "nothing to measure"
    return Measure(
        metric,
        better,
        lambda draws: np.array([of(counts) for counts in draws.of(names).astype(int)]),
        names,
        len(values),
        num_missing=num_missing,
        note=note,
    )


def linearised(
    metric: str,
    better: Better,
    values: Sequence[tuple[str, T]],
    statistic: Callable[[Sequence[T]], float | None],
    num_missing: int = 0,
) -> Measure:
    """A figure of how alike ``values`` (cluster, what is measured) are to each other.

    A cluster that is drawn twice would be like itself, and the figure of every draw biased. So each draw
    moves the figure by its clusters' influences, which leaving each out shows (the infinitesimal jackknife).
    """
    names = tuple(dict.fromkeys(cluster for cluster, _ in values))
    whole = statistic([value for _, value in values]) if values else None
    if whole is None:
        return Measure(metric, better, _nowhere, (), 0, num_missing=num_missing, note="nothing to measure")
    without = [statistic([value for cluster, value in values if cluster != name]) for name in names]
    left = np.array([whole if figure is None else figure for figure in without], dtype=float)
    influences = (len(names) - 1) * (left.mean() - left)

    def moved(draws: Draws) -> Values:
        counts = draws.of(names)
        return whole + _ratio(counts @ influences, counts.sum(axis=1))

    return Measure(metric, better, moved, names, len(values), num_missing=num_missing)


def _nowhere(draws: Draws) -> Values:
    return np.full(len(draws.counts), np.nan)


def _ratio(above: np.ndarray, below: np.ndarray) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
