"""Intervals cover what they say: on average where they are reported, everywhere where a gate decides."""

from collections.abc import Callable
from math import comb

import numpy as np
import pytest

from datasets_registry.intervals import (
    certain_interval,
    mean_interval,
    student_quantile,
    unit_interval,
    wilson_interval,
)

SHARES = np.linspace(0.005, 0.995, 100)
Interval = Callable[[list[float], int], tuple[float, float]]


def coverage(interval: Interval, count: int) -> list[float]:
    """The exact coverage at each of SHARES, of so many units of one item each."""
    intervals = [interval([1.0] * hits + [0.0] * (count - hits), count) for hits in range(count + 1)]
    return [
        sum(
            comb(count, hits) * share**hits * (1 - share) ** (count - hits)
            for hits, (low, high) in enumerate(intervals)
            if low <= share <= high
        )
        for share in SHARES
    ]


@pytest.mark.parametrize("count", [30, 100])
def test_a_reported_interval_covers_its_level_on_average(count: int) -> None:
    assert 0.94 <= np.mean(coverage(unit_interval, count)) <= 0.96


@pytest.mark.parametrize("count", [5, 30, 100])
def test_what_a_gate_decides_by_covers_its_level_everywhere(count: int) -> None:
    assert min(coverage(certain_interval, count)) >= 0.95


def correlated(share: float, units: int, items: int, sets: int) -> np.ndarray:
    """Shares of units whose items resemble each other (intraclass correlation 0.5), sets × units."""
    generator = np.random.default_rng(int(share * 1000) + items)
    own = generator.beta(share, 1 - share, size=(sets, units))
    return generator.binomial(items, own) / items


@pytest.mark.parametrize(("units", "items"), [(30, 4), (50, 9)])
def test_items_of_one_unit_are_not_independent(units: int, items: int) -> None:
    covered, certain, naive = [], [], []
    for share in (0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        for values in correlated(share, units, items, 300):
            reported = unit_interval(list(values), units * items)
            covered.append(reported[0] <= share <= reported[1])
            gate = certain_interval(list(values), units * items)
            certain.append(gate[0] <= share <= gate[1])
            calls = wilson_interval(float(values.sum()) * items, units * items)
            naive.append(calls[0] <= share <= calls[1])
    assert 0.92 <= np.mean(covered) <= 0.97 and np.mean(certain) >= 0.97
    assert np.mean(naive) < 0.85


def test_ties_count_for_more_than_a_coin_and_still_cover() -> None:
    generator, covered = np.random.default_rng(2), []
    for share in (0.3, 0.5, 0.7):
        for _ in range(300):
            drawn = generator.random(30)
            points = np.where(drawn < 0.4, 0.5, np.where(drawn < 0.2 + share, 1.0, 0.0))
            low, high = unit_interval(list(points), 30)
            covered.append(low <= share <= high)
    assert 0.92 <= np.mean(covered) <= 0.975


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.3027), (5, 2.5706), (30, 2.0423), (200, 1.9719), (999, 1.9623)],
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, abs=1e-4)


def test_a_mean_of_few_units_has_students_interval() -> None:
    assert mean_interval([1.0]) is None
    low, high = mean_interval([1.0, 2.0, 3.0]) or (0, 0)
    assert (low, high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)
    generator = np.random.default_rng(4)
    drawn = [mean_interval(list(generator.normal(1, 2, 6))) for _ in range(1000)]
    assert 0.93 <= np.mean([low <= 1 <= high for low, high in filter(None, drawn)]) <= 0.97


def test_skewed_units_have_a_wider_interval_than_even_ones_of_equal_variance() -> None:
    even, skewed = [0.3, 0.7] * 10, [0.4] * 16 + [0.9] * 4
    assert np.var(even) == pytest.approx(np.var(skewed)) and np.mean(even) == pytest.approx(np.mean(skewed))
    (low, high), (lower, higher) = unit_interval(even, 320), unit_interval(skewed, 320)
    assert higher - lower > (high - low) * 1.01


def test_shares_at_the_edge_have_a_width() -> None:
    for interval in (unit_interval, certain_interval):
        low, high = interval([1.0] * 8, 8)
        assert low < 0.7 and high == pytest.approx(1)
        low, high = interval([0.0] * 8, 32)
        assert low == pytest.approx(0) and high > 0.3


def test_the_exact_interval_is_clopper_and_pearson_s() -> None:
    assert certain_interval([1.0] * 5 + [0.0] * 5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)
