"""How far a figure moved from what it is compared with, with its 95 % interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from datasets_registry.intervals import unit_means
from datasets_registry.rows.rounds.watch import Concern, Scale
from methods.evaluation.measures import Interval, Measure
from quality.evaluation.drawing import Drawing, difference_interval, drawn_interval

# an item's cluster, the round's value and the one that it is compared with
Pair = tuple[str, float, float]


@dataclass(frozen=True)
class Change:
    """One figure of a round; without ``change`` it could not be measured, and ``note`` says why.

    ``num_clusters`` is over how many clusters the interval varies, ``missing`` the share of answers or grades
    that the figure lacks.
    """

    figure: str
    concern: Concern
    scale: Scale
    value: float | None = None
    baseline: float | None = None
    change: float | None = None
    interval: Interval | None = None
    num_items: int = 0
    num_clusters: int = 0
    family: str = "all"
    missing: float = 0.0
    note: str | None = None

    def unmeasured(self, why: str) -> "Change":
        """The same without a value."""
        return replace(self, value=None, baseline=None, change=None, interval=None, note=why)

    def between(self, ours: Measure, theirs: Measure, drawing: Drawing) -> "Change":
        """The change between two measures, drawn over the clusters of both at once."""
        lacking = next((each for each in (ours, theirs) if not each.clusters), None)
        if lacking is not None:
            return self.unmeasured(lacking.note or "nothing to measure")
        clusters = sorted({*ours.clusters, *theirs.clusters})
        draws = drawing.of(clusters)
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = ours.statistic(draws), theirs.statistic(draws)
            moved = first / second - 1 if self.scale == "relative" else first - second
        if not math.isfinite(moved[0]):
            return self.unmeasured(f"{float(first[0]):.3g} beside {float(second[0]):.3g} is no change")
        return replace(
            self,
            value=float(first[0]),
            baseline=float(second[0]),
            change=float(moved[0]),
            interval=drawn_interval(moved, len(clusters)),
            num_items=min(ours.num_items, theirs.num_items),
            num_clusters=len(clusters),
            note=ours.note,
        )

    def paired(self, pairs: Sequence[Pair], num_missing: int = 0) -> "Change":
        """The mean difference of paired items, each cluster counted once."""
        if not pairs:
            return self.unmeasured("no item was answered in both")
        first = unit_means([(cluster, ours) for cluster, ours, _ in pairs])
        second = unit_means([(cluster, theirs) for cluster, _, theirs in pairs])
        moved = [ours - theirs for ours, theirs in zip(first, second, strict=True)]
        return replace(
            self,
            value=_mean(first),
            baseline=_mean(second),
            change=_mean(moved),
            interval=difference_interval(moved),
            num_items=len(pairs),
            num_clusters=len(moved),
            missing=num_missing / (num_missing + len(pairs)),
        )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
