"""The simulated gate: it passes as the binomial distribution says, and its samples are weighted right."""

import pytest

from benchmarks.review.coverage import SIZES, by_band
from benchmarks.review.gate import pass_rate, passes
from benchmarks.review.reviewers import reviewed, version
from quality.review.settings import ReviewSelection


@pytest.mark.parametrize(
    ("rate", "number", "expected"),
    [(0.65, 100, 0.02), (0.70, 100, 0.16), (0.75, 100, 0.55), (0.80, 100, 0.91), (0.75, 200, 0.86)],
)
def test_the_gate_passes_a_judge_as_often_as_was_computed(rate: float, number: int, expected: float) -> None:
    assert pass_rate(rate, number) == pytest.approx(expected, abs=0.01)


def test_simulated_reviewers_pass_the_gate_at_that_rate() -> None:
    assert sum(passes(0.75, 100, seed) for seed in range(120)) / 120 == pytest.approx(0.55, abs=0.16)
    assert not any(passes(0.60, 100, seed) for seed in range(40))


def test_a_simulated_sample_has_every_principle_and_counts_the_version() -> None:
    pairs = version(SIZES, ties=80)
    sample = reviewed(pairs, ReviewSelection(), by_band(0.8), seed=1)
    assert {pair.item.principle_id for pair in sample} == set(SIZES)
    assert sum(pair.weight for pair in sample) == pytest.approx(len(pairs) - 80)
