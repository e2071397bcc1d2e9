"""Confidence intervals of shares, which labels, figures and checks have in common.

What is reported covers its level on average; what a gate decides by covers it everywhere.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

LEVEL = 0.95
_Z = 1.959964
_HALVINGS = 60
_MANY = 200
# found by simulation: with it 16 and 64 correlated items a unit are covered like 4
_SKEWED = 0.5


def wilson_interval(successes: float, trials: float, z: float = _Z) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927), of 95 % by default; it holds for few trials too."""
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # rounding must not put a share of 0 or 1 outside its interval
    return max(0.0, min(share, (centre - spread) / scale)), min(1.0, max(share, (centre + spread) / scale))


def unit_means(values: Iterable[tuple[str, float]]) -> tuple[float, ...]:
    """The mean of each unit's values, in the order in which the units come; ``values`` name their unit."""
    units: dict[str, list[float]] = {}
    for unit, value in values:
        units.setdefault(unit, []).append(value)
    return tuple(sum(found) / len(found) for found in units.values())


def unit_interval(values: Sequence[float], num_items: int) -> tuple[float, float]:
    """The 95 % interval of the mean of units that vary, each with its own share from 0 to 1.

    Items of one unit resemble each other, so they count as many independent ones as the units' variance
    says (Kish 1965), at most ``num_items``; units of one item each count as they are, and more where an item
    is a share itself, as a tie is. Where all units agree, they count one each. Skewed units, as they are near
    0 and 1, are taken to vary more than the drawn ones show.
    """
    count = len(values)
    mean = math.fsum(values) / count
    spread = mean * (1 - mean)
    squares = math.fsum((value - mean) ** 2 for value in values)
    variance = squares / (count * max(count - 1, 1))
    single = num_items <= count
    if not variance or (single and all(value in (0, 1) for value in values)):
        return wilson_interval(mean * count, count)
    skewness = math.fsum((value - mean) ** 3 for value in values) / count / (squares / count) ** 1.5
    widened = variance * (1 + _SKEWED * skewness**2 / count)
    effective = spread / variance if single else min(spread / widened, num_items)
    return wilson_interval(mean * effective, effective, student_quantile(max(count - 1, 1)))


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Student's 95 % interval of the mean of independent units' values; None for a single one."""
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    half = student_quantile(count - 1) * math.sqrt(variance / count)
    return mean - half, mean + half


@cache
def student_quantile(freedom: int) -> float:
    """The 0.975 quantile of Student's distribution."""
    if freedom > _MANY:
        # the expansion about the normal quantile (Fisher 1925)
        return _Z + (_Z**3 + _Z) / (4 * freedom) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)
    share = _where(lambda share: _within(math.tan(share * math.pi / 2), freedom) >= LEVEL)
    return math.tan(share * math.pi / 2)


def student_tail(bound: float, freedom: int) -> float:
    """The probability that Student's t lies further from zero than ``bound``, on either side."""
    if freedom > _MANY:
        return math.erfc(bound / math.sqrt(2))
    return max(0.0, 1 - _within(bound, freedom))


def _within(bound: float, freedom: int) -> float:
    """The probability that Student's t lies within ``bound`` of zero, by its finite series (Fisher 1925)."""
    angle = math.atan(bound / math.sqrt(freedom))
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for power in range(2 + odd, freedom, 2):
        term *= math.cos(angle) ** 2 * (power - 1) / power
        total += term
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total


def certain_interval(values: Sequence[float], num_items: int, level: float = LEVEL) -> tuple[float, float]:
    """An interval of the mean of independent units' shares that holds in at least 95 of 100 cases by default.

    It does so wherever the mean lies, and however the items of a unit go together: where each unit is one
    item by the exact tails of the binomial distribution (Clopper and Pearson 1934), else by e times these
    (Bentkus 2004, theorem 1.2).
    """
    count = len(values)
    total = math.fsum(values)
    tail = (1 - level) / 2 / (1 if num_items <= count else math.e)
    # a sum between two whole numbers is at least as likely as the lower, and at most as the upper one
    low, high = math.floor(total + 1e-9), math.ceil(total - 1e-9)
    return _exact_low(low, count, tail), 1 - _exact_low(count - high, count, tail)


def _exact_low(successes: int, trials: int, tail: float) -> float:
    """The greatest share under which so many successes or more are no likelier than ``tail``."""
    if successes == 0:
        return 0.0
    return _where(lambda share: _at_least(successes, trials, share) > tail)


def _at_least(successes: int, trials: int, share: float) -> float:
    """The probability of at least so many successes."""
    if not 0 < share < 1:
        return float(share >= 1)
    log_odds, start = math.log(share), math.log1p(-share)
    terms = (
        math.lgamma(trials + 1)
        - math.lgamma(count + 1)
        - math.lgamma(trials - count + 1)
        + count * log_odds
        + (trials - count) * start
        for count in range(successes, trials + 1)
    )
    return math.fsum(math.exp(term) for term in terms)


def _where(exceeds: Callable[[float], bool]) -> float:
    """Where in 0 to 1 a condition begins to hold, from below."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if exceeds(middle) else (middle, high)
    return low
