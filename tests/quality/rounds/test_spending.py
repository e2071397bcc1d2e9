"""The chance of a false stop is spent over rounds, whatever their number, and intervals widen for it."""

from itertools import pairwise

import pytest

from quality.rounds.settings import Watch
from quality.rounds.spending import SHARES, spent, tail_of, upper_quantile, widened

CHANCE = 0.05


def test_all_rounds_and_figures_together_spend_no_more_than_the_chance() -> None:
    spendings = [spent(CHANCE, concern, number) or 0.0 for concern in SHARES for number in range(1, 2_001)]
    assert 0.99 * CHANCE < sum(spendings) <= CHANCE
    # every figure that an interval may stop has its share
    bounded = {field for field, bound in Watch() if getattr(bound, "num_stops", 0)}
    assert bounded == {
        "benign_refused",
        "mean_tokens",
        "truncated",
        "diversity_within",
        "diversity_across",
        "entropy",
        "logp_rejected",
        "yield_share",
        "label_precision",
        "policy_trained",
        "held_out_reward",
    }


def test_each_round_spends_less_than_the_one_before() -> None:
    by_round = [spent(CHANCE, "capability", number) or 0.0 for number in range(1, 9)]
    assert by_round[0] == CHANCE / 4
    assert all(later < earlier for earlier, later in pairwise(by_round))


@pytest.mark.parametrize(
    ("tail", "freedom", "quantile"),
    [(0.025, 10, 2.2281), (0.0005, 10, 4.5869), (0.025, 1_000, 1.9623), (0.001, 1, 318.31)],
)
def test_the_quantile_is_that_of_students_distribution(tail: float, freedom: int, quantile: float) -> None:
    assert upper_quantile(tail, freedom) == pytest.approx(quantile, rel=2e-3)


def test_an_interval_widens_on_both_sides_in_proportion() -> None:
    assert widened(0.1, (0.0, 0.3), 11, 0.025) == pytest.approx((0.0, 0.3))
    low, high = widened(0.1, (0.0, 0.3), 11, 0.0005)
    assert (0.1 - low, high - 0.1) == pytest.approx((4.5869 / 2.2281 * 0.1, 4.5869 / 2.2281 * 0.2), rel=1e-3)


def test_figures_and_sides_share_what_a_round_spends() -> None:
    assert tail_of(0.01, 5, 2) == pytest.approx(0.001)
    # what decides nothing has the usual interval
    assert tail_of(None, 5, 2) == tail_of(0.01, 5, 0) == 0.025
