"""How the chance of a false stop is spent: over figures, and over rounds of which no number is known."""

import math
from collections.abc import Mapping

from datasets_registry.intervals import student_quantile, student_tail
from datasets_registry.rows.rounds.watch import Concern

# half for capability, where a small loss matters most; what does not decide by an interval needs no share
SHARES: Mapping[Concern, float] = {
    "capability": 0.5,
    "over_refusal": 0.125,
    "length": 0.125,
    "diversity": 0.0625,
    "entropy": 0.0625,
    "reward": 0.125,
}
# of an interval that decides nothing
_USUAL_TAIL = 0.025
_HALVINGS = 60


def spent(chance: float, concern: Concern, round_number: int) -> float | None:
    """The chance that a round's figures of ``concern`` may spend; None where they decide by no interval.

    A half in round 1, a sixth in round 2, a twelfth in round 3 and so on: however many rounds there will be,
    all together spend at most their share of ``chance``, and a further round changes no earlier one.
    """
    share = SHARES.get(concern)
    return None if share is None else chance * share / (round_number * (round_number + 1))


def tail_of(chance: float | None, num_figures: int, num_sides: int) -> float:
    """What is left out at one end of an interval where ``chance`` is shared by figures and their sides."""
    if chance is None or not num_sides:
        return _USUAL_TAIL
    return chance / max(num_figures, 1) / num_sides


def widened(
    change: float, interval: tuple[float, float], num_clusters: int, tail: float
) -> tuple[float, float]:
    """A 95 % interval of ``num_clusters`` as one that leaves out ``tail`` at either end."""
    freedom = max(num_clusters - 1, 1)
    ratio = upper_quantile(tail, freedom) / student_quantile(freedom)
    return change - ratio * (change - interval[0]), change + ratio * (interval[1] - change)


def upper_quantile(tail: float, freedom: int) -> float:
    """What Student's t exceeds with probability ``tail``."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        exceeded = student_tail(math.tan(middle * math.pi / 2), freedom) / 2
        low, high = (middle, high) if exceeded > tail else (low, middle)
    return math.tan(low * math.pi / 2)
