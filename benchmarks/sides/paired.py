"""Shares and paired differences, with 95 % intervals: by bootstrap over items, or over seeds."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

import numpy as np

from benchmarks.sides.figure import Figure
from quality.evaluation.metrics import bootstrap_interval

# Student's t at 97.5 % by degrees of freedom
_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


def mean(name: str, seeds: Sequence[Sequence[bool]], goal: str | None = None) -> Figure:
    """The share that holds over all seeds; items of a seed are resampled as they are."""
    values = [float(outcome) for seed in seeds for outcome in seed]
    return _figure(name, values, goal)


def difference(name: str, seeds: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> Figure:
    """The mean of the differences item by item, over all seeds."""
    values = [
        float(ours) - float(theirs) for our, their in seeds for ours, theirs in zip(our, their, strict=True)
    ]
    return _figure(name, values, None)


def over_seeds(name: str, values: Sequence[float]) -> Figure:
    """The mean of one value per seed, with Student's interval: for seeds that share their items."""
    value, interval = fmean(values), None
    if len(values) > 1:
        half = _T[len(values) - 1] * stdev(values) / sqrt(len(values))
        interval = (value - half, value + half)
    return Figure(name=name, value=value, unit="share", interval=interval)


def _figure(name: str, values: Sequence[float], goal: str | None) -> Figure:
    value, holds = float(np.mean(values)), None
    if goal:
        sign, bound = goal.split()
        holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    interval = bootstrap_interval(values)
    return Figure(name=name, value=value, unit="share", interval=interval, goal=goal, holds=holds)
