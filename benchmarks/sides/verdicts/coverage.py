"""How often intervals hold the true share: one item a unit, ballots that go together, shares at the edge."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from benchmarks.sides.figure import Figure
from datasets_registry.intervals import certain_interval, unit_interval

SHARES = np.linspace(0.01, 0.99, 50)
EDGES = (0.005, 0.01, 0.02, 0.05, 0.95, 0.98, 0.99, 0.995)
UNITS, BALLOTS = 30, 9
# how much the ballots of one unit go together: the intraclass correlation
TOGETHER = 0.5


def coverage(draws: int) -> Iterator[Figure]:
    """The mean coverage of what is reported, and the least of what a gate decides by."""
    for name, items, shares in (
        ("one item a unit", 1, SHARES),
        (f"{BALLOTS} correlated ballots a unit", BALLOTS, SHARES),
        ("shares at the edge", 1, EDGES),
        (f"shares at the edge, {BALLOTS} correlated ballots", BALLOTS, EDGES),
    ):
        reported, certain = zip(*(_covered(float(share), items, draws) for share in shares), strict=True)
        mean, least = float(np.mean(reported)), min(certain)
        bounded = shares is SHARES
        yield Figure(
            name=f"mean coverage of reported intervals, {UNITS} units, {name}",
            value=mean,
            unit="share",
            interval=(min(reported), max(reported)),
            goal="0.94 to 0.96" if bounded else None,
            holds=0.94 <= mean <= 0.96 if bounded else None,
        )
        yield Figure(
            name=f"least coverage where a gate decides, {UNITS} units, {name}",
            value=least,
            unit="share",
            interval=(least, max(certain)),
            goal=">= 0.95 within the error of simulation",
            holds=least >= 0.95 - 3 * (0.95 * 0.05 / draws) ** 0.5,
        )


def _covered(share: float, items: int, draws: int) -> tuple[float, float]:
    """The coverage of both intervals over so many sets of units."""
    generator = np.random.default_rng([round(share * 1000), items])
    scale = 1 / TOGETHER - 1
    own = generator.beta(share * scale, (1 - share) * scale, size=(draws, UNITS)) if items > 1 else share
    hits = np.sort(generator.binomial(items, own, size=(draws, UNITS)), axis=1)
    distinct, counts = np.unique(hits, axis=0, return_counts=True)
    held = np.array([_holds(row / items, share, items) for row in distinct])
    reported, certain = (held * counts[:, None]).sum(axis=0) / draws
    return float(reported), float(certain)


def _holds(values: np.ndarray, share: float, items: int) -> tuple[bool, bool]:
    first = unit_interval(list(values), len(values) * items)
    second = _certain(round(float(values.sum()), 9), items)
    return first[0] <= share <= first[1], second[0] <= share <= second[1]


@cache
def _certain(total: float, items: int) -> tuple[float, float]:
    """What a gate decides by: it knows no more of the units than their sum."""
    return certain_interval([total / UNITS] * UNITS, UNITS * items)
