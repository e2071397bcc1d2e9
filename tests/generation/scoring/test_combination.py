"""Rules that make one reward of several signals' scores, and what they refuse."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from generation.scoring.combination import Combination, Score, conflicts, is_gated, reward

NUMBERS = st.floats(-1e3, 1e3)


def scores(**values: float) -> dict[str, Score]:
    """Scores whose own values are ten times the deviations, and 1 more."""
    return {signal: Score(value, 10 * value + 1) for signal, value in values.items()}


GATED: dict[str, Any] = {"rule": "gated", "gate": "safety", "threshold": -0.5}


@pytest.mark.parametrize(
    ("told", "given", "kind", "expected"),
    [
        (GATED, {"safety": -0.6, "help": 2.0}, None, -0.6),
        (GATED, {"safety": -0.5, "help": 2.0}, None, 2.0),
        (GATED, {"safety": 0.4, "help": 2.0, "honesty": -1.0}, None, 0.5),
        # the model's own score is 10 × 0.1 + 1 = 2
        (GATED | {"threshold": 2.5, "threshold_in": "raw"}, {"safety": 0.1, "help": 3.0}, None, 0.1),
        (GATED | {"threshold": 1.5, "threshold_in": "raw"}, {"safety": 0.1, "help": 3.0}, None, 3.0),
        (GATED | {"gated_kinds": ("red_team",)}, {"safety": 0.9, "help": 2.0}, "red_team", 0.9),
        (GATED | {"gated_kinds": ("red_team",)}, {"safety": 0.9, "help": 2.0}, "helpful", 2.0),
        (
            {"rule": "weighted", "weights": {"safety": 2.0, "help": 0.5}},
            {"safety": 1.5, "help": -1},
            None,
            2.5,
        ),
        ({"rule": "mean"}, {"safety": 1.0, "help": -2.0}, None, -0.5),
        ({"rule": "worst"}, {"safety": 1.0, "help": -2.0}, None, -2.0),
        # mean 1, variance ((2)² + (2)²) / 2 = 4
        ({"rule": "mean_minus_variance", "variance_weight": 0.25}, {"safety": 3, "help": -1}, None, 0.0),
    ],
)
def test_each_rule_gives_the_reward_computed_by_hand(
    told: Mapping[str, Any], given: Mapping[str, float], kind: str | None, expected: float
) -> None:
    combination = Combination.model_validate(told)
    assert reward(scores(**given), combination, kind) == pytest.approx(expected)
    backwards = dict(reversed(scores(**given).items()))
    assert reward(backwards, combination, kind) == reward(scores(**given), combination, kind)


def test_one_signal_is_the_reward_and_several_without_a_rule_are_none() -> None:
    assert reward(scores(safety=0.3), None) == 0.3
    with pytest.raises(ValueError, match="too many values"):
        reward(scores(safety=0.3, help=1.0), None)


@given(safety=NUMBERS, help_=NUMBERS, threshold=NUMBERS)
def test_a_gate_lets_no_helpfulness_through_below_its_threshold(
    safety: float, help_: float, threshold: float
) -> None:
    combination = Combination(rule="gated", gate="safety", threshold=threshold)
    each = scores(safety=safety, help=help_)
    expected = safety if safety < threshold else help_
    assert reward(each, combination) == expected and is_gated(each, combination) == (safety < threshold)


@given(values=st.lists(NUMBERS, min_size=2, max_size=5), more=st.floats(0, 10))
def test_no_rule_rewards_less_where_every_signal_scores_more(values: list[float], more: float) -> None:
    before = scores(**{f"s{place}": value for place, value in enumerate(values)})
    after = scores(**{f"s{place}": value + more for place, value in enumerate(values)})
    weights = dict.fromkeys(before, 0.5)
    for told in ({"rule": "mean"}, {"rule": "worst"}, {"rule": "weighted", "weights": weights}):
        combination = Combination.model_validate(told)
        assert reward(after, combination) >= reward(before, combination) - 1e-9


@given(margins=st.lists(NUMBERS, min_size=2, max_size=5))
def test_signals_conflict_where_the_least_and_the_greatest_margin_differ_in_sign(
    margins: list[float],
) -> None:
    assert conflicts(margins, 0.01) == (min(margins) < -0.01 and max(margins) > 0.01)
    assert conflicts(margins) == conflicts([-margin for margin in margins])


def test_a_margin_within_the_tie_says_nothing() -> None:
    assert conflicts([0.3, -0.2]) and not conflicts([0.3, -0.2], 0.2) and not conflicts([0.3])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"rule": "best"}, "'gated', 'weighted', 'mean', 'worst' or 'mean_minus_variance'"),
        ({"rule": "gated", "threshold": 0.0}, "rule = 'gated' needs gate"),
        ({"rule": "gated", "gate": "safety"}, "rule = 'gated' needs threshold"),
        ({"rule": "mean", "threshold": 0.0}, "threshold is of rule = 'gated', and the rule is 'mean'"),
        ({"rule": "worst", "threshold_in": "raw"}, "threshold_in is of rule = 'gated'"),
        ({"rule": "weighted"}, "rule = 'weighted' needs weights"),
        ({"rule": "mean", "weights": {"a": 1.0}}, "weights is of rule = 'weighted'"),
        ({"rule": "weighted", "weights": {"a": 0.0}}, "weights are all 0"),
        ({"rule": "weighted", "weights": {"a": -1.0}}, "greater than or equal to 0"),
        ({"rule": "mean_minus_variance"}, "rule = 'mean_minus_variance' needs variance_weight"),
        ({"rule": "gated", "gate": "s", "threshold": math.nan}, "finite"),
    ],
)
def test_a_rule_without_what_it_needs_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Combination.model_validate(told)


@pytest.mark.parametrize(
    ("told", "signals", "said"),
    [
        ({"rule": "mean"}, (), "rewards names none: name a reward model for each signal"),
        ({"rule": "mean"}, ("a",), "rewards names a: name a reward model for each signal"),
        (GATED, ("a", "b"), r"gate 'safety' is no signal of rewards \(a, b\)"),
        ({"rule": "weighted", "weights": {"c": 1.0}}, ("a", "b"), "weights names 'c', which is no signal"),
        ({"rule": "weighted", "weights": {"a": 1.0}}, ("a", "b"), "has no weight for 'b'"),
    ],
)
def test_signals_that_a_rule_cannot_combine_are_refused(
    told: dict[str, Any], signals: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Combination.model_validate(told).require_signals(signals)
