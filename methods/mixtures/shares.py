"""Whole numbers of rows by shares: the largest remainder, and the largest total that the sources allow."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor


def quotas(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """How many of ``total`` rows each source gives: its share, rounded down, and one more for those with the
    largest remainders until the sum is ``total`` (Hamilton's method).

    ``shares`` sum to 1 but for rounding. Equal remainders are served in the order of the names.
    """
    exact = {source: total * share for source, share in _normal(shares).items()}
    counts = {source: floor(count) for source, count in exact.items()}
    order = sorted(exact, key=lambda source: (counts[source] - exact[source], source))
    for source in order[: total - sum(counts.values())]:
        counts[source] += 1
    return counts


def largest_total(shares: Mapping[str, float], available: Mapping[str, int]) -> int:
    """The most rows in these shares for which no source must give more than it has; 0 where one has none."""
    normal = _normal(shares)
    total = min(floor((available[source] + 1) / share) for source, share in normal.items())
    while total and any(count > available[source] for source, count in quotas(shares, total).items()):
        total -= 1
    return total


def _normal(shares: Mapping[str, float]) -> dict[str, Fraction]:
    """The shares as written in decimals, so that 0.7 of 10 is 7, with a sum of exactly 1."""
    written = {source: Fraction(str(share)) for source, share in shares.items()}
    total = sum(written.values())
    return {source: share / total for source, share in written.items()}
