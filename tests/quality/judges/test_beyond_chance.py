"""Intervals of agreement beyond chance hold what they would be of endless pairs, near 1 too."""

import numpy as np
import pytest

from quality.judges.beyond_chance import CHANCES, reported_interval

PAIRS, RUNS = 100, 400
AGREEMENT, SHARE = 0.9, 0.5


@pytest.mark.parametrize("name", CHANCES)
def test_an_interval_of_a_hundred_pairs_holds_the_truth_in_95_of_100(name: str) -> None:
    chance, generator, held = CHANCES[name], np.random.default_rng(0), 0
    expected = chance(SHARE, SHARE)
    truth = (AGREEMENT - expected) / (1 - expected)
    for _ in range(RUNS):
        agrees, label = generator.random(PAIRS) < AGREEMENT, generator.random(PAIRS) < SHARE
        shares = np.array([agrees, label == agrees, label], dtype=float).T
        low, high = reported_interval(shares, PAIRS, chance) or (1.0, -1.0)
        held += low <= truth <= high
    assert held >= 0.95 * RUNS


def test_one_pair_has_no_interval() -> None:
    assert reported_interval(np.ones((1, 3)), 1, CHANCES["gwet_ac1"]) is None
