"""A measured figure of a judge: its value, its interval over groups of prompts, and what decides a bound."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from datasets_registry.intervals import LEVEL, certain_interval, unit_interval, unit_means

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """A figure with its interval, its items, and the groups of prompts, which vary, that they are from.

    ``certain`` gives the interval that a bound decides by.
    """

    label: str
    value: float | None = None
    interval: Interval | None = None
    num_items: int = 0
    num_groups: int = 0
    certain: Callable[[], Interval] | None = None

    def called(self, label: str) -> "Measured":
        """The same figure under another name."""
        return replace(self, label=label)


def share(label: str, hits: Sequence[tuple[str, float]]) -> Measured:
    """The share of hits, as the mean over groups of prompts: a group's calls are no independent ones.

    A hit may count in part, such as half where nothing is decided.
    """
    shares = unit_means(hits)
    if not shares:
        return Measured(label)
    value, interval = math.fsum(shares) / len(shares), unit_interval(shares, len(hits))
    certain = partial(certain_interval, shares, len(hits))
    return Measured(label, value, interval, len(hits), len(shares), certain)


def excess(label: str, hits: Sequence[tuple[str, bool, bool]]) -> Measured:
    """The share of first hits less that of second ones, each as the mean over groups of prompts.

    Its interval is recovered from the intervals of both shares (Zou and Donner 2008), which takes them for
    independent: where they rise and fall together, it is wider than it need be.
    """
    if not hits:
        return Measured(label)
    first, second = (unit_means((hit[0], float(hit[place])) for hit in hits) for place in (1, 2))
    count = len(hits)
    means = math.fsum(first) / len(first), math.fsum(second) / len(second)
    interval = _recovered(means, unit_interval(first, count), unit_interval(second, count))
    return Measured(
        label, means[0] - means[1], interval, count, len(first), partial(_certain, first, second, count)
    )


def halved(label: str, first: Sequence[tuple[str, float]], second: Sequence[tuple[str, float]]) -> Measured:
    """The mean of the shares of two kinds of items, each of which counts one half.

    Its interval is recovered from the intervals of both (Zou and Donner 2008).
    """
    one, other = share(label, first), share(label, second)
    if one.value is None or other.value is None or one.interval is None or other.interval is None:
        return Measured(label)
    value = (one.value + other.value) / 2
    below = math.hypot(one.value - one.interval[0], other.value - other.interval[0]) / 2
    above = math.hypot(one.interval[1] - one.value, other.interval[1] - other.value) / 2
    return Measured(
        label,
        value,
        (value - below, value + above),
        one.num_items + other.num_items,
        len({group for group, _ in (*first, *second)}),
    )


def _recovered(means: Interval, first: Interval, second: Interval) -> Interval:
    difference = means[0] - means[1]
    below = math.hypot(means[0] - first[0], second[1] - means[1])
    above = math.hypot(first[1] - means[0], means[1] - second[0])
    return difference - below, difference + above


def _certain(first: Sequence[float], second: Sequence[float], count: int) -> Interval:
    """It holds in at least 95 of 100 cases, however both shares go together."""
    level = 1 - (1 - LEVEL) / 2
    one, other = (certain_interval(shares, count, level) for shares in (first, second))
    return one[0] - other[1], one[1] - other[0]
