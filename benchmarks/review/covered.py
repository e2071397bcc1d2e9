"""How often intervals hold the truth, as a figure."""

from collections.abc import Sequence

from benchmarks.sides.figure import Figure
from datasets_registry.intervals import wilson_interval

LEVEL = 0.95
Ends = tuple[float | None, float | None]


def covered(name: str, intervals: Sequence[Ends], truth: float) -> Figure:
    """The share of the intervals that hold it, with the binomial interval of that share."""
    held = sum(low is not None and high is not None and low <= truth <= high for low, high in intervals)
    value, (low, high) = held / len(intervals), wilson_interval(held, len(intervals))
    return Figure(
        name=name,
        value=value,
        unit="covered",
        interval=(low, high),
        goal=f"{LEVEL} or more within its interval",
        holds=high >= LEVEL,
    )
