"""Shares and paired differences, with 95 % intervals: over seeds where there are several, else over items."""

from collections.abc import Sequence
from statistics import fmean

from benchmarks.sides.figure import Figure
from datasets_registry.intervals import mean_interval, unit_interval


def mean(name: str, seeds: Sequence[Sequence[bool]], goal: str | None = None) -> Figure:
    """The share that holds, as the mean over seeds: each trains anew, so that items of one go together."""
    shares = [fmean(seed) for seed in seeds]
    value, holds = fmean(shares), None
    items = [float(item) for seed in seeds for item in seed]
    if goal:
        sign, bound = goal.split()
        holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    # seeds that all come out alike have no spread of their own
    several = mean_interval(shares) if len(set(shares)) > 1 else None
    low, high = several or unit_interval(items, len(items))
    inside = max(0.0, low), min(1.0, high)
    return Figure(name=name, value=value, unit="share", interval=inside, goal=goal, holds=holds)


def difference(name: str, seeds: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> Figure:
    """The mean over seeds of the differences item by item; of one seed, the interval is over its items."""
    paired = [
        [float(our) - float(their) for our, their in zip(ours, theirs, strict=True)] for ours, theirs in seeds
    ]
    means = [fmean(values) for values in paired]
    several = mean_interval(means) if len(set(means)) > 1 else None
    interval = several or _over_items([value for values in paired for value in values])
    inside = (max(-1.0, interval[0]), min(1.0, interval[1])) if interval else None
    return Figure(name=name, value=fmean(means), unit="share", interval=inside)


def difference_over_items(name: str, seeds: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> Figure:
    """The same of all seeds' items together, as if they were of one policy."""
    values = [
        float(our) - float(their) for ours, theirs in seeds for our, their in zip(ours, theirs, strict=True)
    ]
    return Figure(name=f"{name}, over items", value=fmean(values), unit="share", interval=_over_items(values))


def _over_items(values: Sequence[float]) -> tuple[float, float] | None:
    """Student's interval; where no item differs from another, by how many could that were not seen."""
    if len(set(values)) > 1:
        return mean_interval(values)
    unseen = 1 - 0.05 ** (1 / len(values))
    return values[0] - unseen, values[0] + unseen


def above_zero(figure: Figure) -> Figure:
    """The figure with the goal that its whole interval lies above zero."""
    holds = figure.interval is not None and figure.interval[0] > 0
    return figure.model_copy(update={"goal": "interval > 0", "holds": holds})


def over_seeds(name: str, values: Sequence[float]) -> Figure:
    """The mean of one value per seed, with Student's interval."""
    return Figure(name=name, value=fmean(values), unit="share", interval=mean_interval(values))
