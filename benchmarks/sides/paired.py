"""Shares and paired differences over seeds, with 95 % bootstrap intervals over the items."""

from collections.abc import Sequence

import numpy as np

from benchmarks.figure import Figure
from quality.metrics import bootstrap_interval


def mean(name: str, seeds: Sequence[Sequence[bool]], goal: str | None = None) -> Figure:
    """The share that holds over all seeds; items of a seed are resampled as they are."""
    values = [float(one) for seed in seeds for one in seed]
    return _figure(name, values, goal)


def difference(name: str, seeds: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> Figure:
    """The mean of the differences item by item, over all seeds."""
    values = [
        float(one) - float(other) for ones, others in seeds for one, other in zip(ones, others, strict=True)
    ]
    return _figure(name, values, None)


def _figure(name: str, values: Sequence[float], goal: str | None) -> Figure:
    value, holds = float(np.mean(values)), None
    if goal:
        sign, bound = goal.split()
        holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    interval = bootstrap_interval(values)
    return Figure(name=name, value=value, unit="share", interval=interval, goal=goal, holds=holds)
