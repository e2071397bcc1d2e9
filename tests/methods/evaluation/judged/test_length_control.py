"""Length-controlled win rates find the planted quality and liking of length."""

import numpy as np
import pytest

from methods.evaluation.judged.length_control import PRIOR_SD, Outcome, fit, length_controlled
from tests.methods.evaluation.judged.planted import interval
from tests.methods.evaluation.planted import value


def outcomes(theta: float, phi: float, number: int, seed: int = 1) -> list[Outcome]:
    """Verdicts of a judge that prefers by quality and by length, over answers that are longer on average."""
    generator = np.random.default_rng(seed)
    longer = generator.normal(80, 100, size=number)
    chances = 1 / (1 + np.exp(-(theta + phi * np.tanh(longer / longer.std()))))
    wins = generator.random(number) < chances
    rows = zip(wins, longer, strict=True)
    return [Outcome(f"item {place}", float(win), float(by)) for place, (win, by) in enumerate(rows)]


@pytest.mark.parametrize(("theta", "phi"), [(0.0, 2.0), (-0.8, 2.0), (0.8, 0.0), (0.5, -1.0)])
def test_the_planted_win_rate_and_liking_lie_within_their_intervals(theta: float, phi: float) -> None:
    rate, liking = length_controlled(outcomes(theta, phi, 500), 0)
    planted = 1 / (1 + np.exp(-theta))
    for measure, right in ((rate, planted), (liking, phi)):
        low, high = interval(measure)
        assert low < right < high and low < value(measure) < high
    assert (interval(liking)[0] > 0) == (phi > 0)


def test_a_judge_that_takes_the_longer_one_is_found_out() -> None:
    made = outcomes(0.0, 2.0, 500)
    raw = float(np.mean([outcome.points for outcome in made]))
    rate, _ = length_controlled(made, 0)
    assert raw > 0.65 and abs(value(rate) - 0.5) < 0.06


def test_the_fit_has_no_gradient_left() -> None:
    made = outcomes(0.4, 1.0, 60)
    longer = np.tanh([outcome.longer / 100 for outcome in made])
    points = np.array([outcome.points for outcome in made])
    weights = np.array([np.ones(60), np.arange(60) % 3])
    theta, phi = fit(longer, points, weights)
    error = weights * (points - 1 / (1 + np.exp(-(theta[:, None] + phi[:, None] * longer))))
    assert np.allclose(error.sum(axis=1), 0, atol=1e-6)
    assert np.allclose(error @ longer, phi / PRIOR_SD**2, atol=1e-6)


def test_a_model_that_always_wins_has_a_rate_of_one_and_a_finite_liking() -> None:
    made = [Outcome(str(place), 1.0, float(place - 10)) for place in range(40)]
    rate, liking = length_controlled(made, 0)
    assert value(rate) == pytest.approx(1) and abs(value(liking)) < 1


def test_length_that_decides_everything_has_a_finite_liking() -> None:
    made = [Outcome(str(place), float(place > 0), float(place)) for place in range(-20, 21) if place]
    rate, liking = length_controlled(made, 0)
    assert value(rate) == pytest.approx(0.5, abs=1e-6) and 2 < value(liking) < 30


@pytest.mark.parametrize(("longer", "note"), [((), "nothing"), ((5.0, 5.0), "by the same")])
def test_what_cannot_be_told_says_why(longer: tuple[float, ...], note: str) -> None:
    made = [Outcome(str(place), 1.0, by) for place, by in enumerate(longer)]
    for measure in length_controlled(made, 3):
        assert measure.note and note in measure.note
        assert measure.num_missing == 3 and np.isnan(value(measure))


def test_each_cluster_counts_once() -> None:
    made = outcomes(0.0, 1.0, 40)
    again = [outcome for outcome in made for _ in range(1 + 4 * (outcome is made[0]))]
    for once, several in zip(length_controlled(made, 0), length_controlled(again, 0), strict=True):
        # the standard deviation, which sets the scale, is of all answers
        assert value(several) == pytest.approx(value(once), rel=0.05)
