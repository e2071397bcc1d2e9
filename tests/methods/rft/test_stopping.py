"""Stopping rules: when sampling stops and how likely the goal is."""

import random

import pytest
from pydantic import ValidationError

from methods.rft.stopping import StoppingRule, Tally, first_accepted, reach


def sampled(rule: StoppingRule, accepted: list[bool]) -> tuple[int, str | None]:
    """How many of ``accepted`` are sampled, and why no more."""
    tally, place = Tally(), 0
    while number := rule.chunk(tally):
        for right in accepted[place : place + number]:
            tally = Tally(
                tally.num_draws + 1,
                tally.num_accepted + right,
                tally.num_rejected + (not right),
                tally.num_accepted + right,
            )
        place += number
    return tally.num_draws, rule.stop(tally)


NO, YES = False, True


@pytest.mark.parametrize(
    ("rule", "accepted", "ended"),
    [
        (StoppingRule(max_draws=5), [NO] * 5, (5, "all_drawn")),
        (StoppingRule(until="accepted", goal=2), [YES, NO, YES, NO, NO], (4, "accepted")),
        (StoppingRule(until="accepted", chunks=(1,)), [NO, NO, YES], (3, "accepted")),
        (StoppingRule(until="accepted", max_draws=5), [NO] * 5, (5, "exhausted")),
        (StoppingRule(until="accepted", hopeless_after=4), [NO] * 16, (4, "hopeless")),
        (StoppingRule(until="mixed", chunks=(1,)), [YES, YES, NO], (3, "mixed")),
        (StoppingRule(until="mixed", max_draws=8), [YES] * 8, (8, "exhausted")),
        (StoppingRule(until="exact", goal=3, chunks=(4,)), [YES, NO, YES, YES, YES], (4, "accepted")),
        (StoppingRule(until="distinct", goal=2, chunks=(1,)), [YES, YES], (2, "distinct")),
    ],
    ids=str,
)
def test_sampling_stops_by_the_rule(rule: StoppingRule, accepted: list[bool], ended: tuple[int, str]) -> None:
    assert sampled(rule, accepted) == ended


def test_exact_never_accepts_more_than_its_goal() -> None:
    rule = StoppingRule(until="exact", goal=3, max_draws=50, chunks=(8,))
    tally = Tally()
    while number := rule.chunk(tally):
        assert number <= 3 - tally.num_accepted
        tally = Tally(tally.num_draws + number, tally.num_accepted + number)
    assert tally.num_accepted == 3


@pytest.mark.parametrize(
    "rule",
    [
        StoppingRule(until="mixed", max_draws=6),
        StoppingRule(until="accepted", goal=2, max_draws=9, hopeless_after=4),
        StoppingRule(until="exact", goal=2, max_draws=7, chunks=(3,)),
    ],
    ids=str,
)
def test_the_propensity_is_how_often_the_goal_is_met(rule: StoppingRule) -> None:
    propensity = reach(rule, 2, 9)
    rate, turn, met, trials = 2.5 / 10, random.Random(0), 0, 20_000
    for _ in range(trials):
        met += sampled(rule, [turn.random() < rate for _ in range(rule.max_draws)])[1] not in (
            "exhausted",
            "hopeless",
        )
    assert propensity == pytest.approx(met / trials, abs=0.015)


def test_mixed_stops_early_as_theory_says() -> None:
    rule, turn = StoppingRule(until="mixed", max_draws=30, chunks=(1,)), random.Random(1)
    numbers = [sampled(rule, [turn.random() < 0.1 for _ in range(30)])[0] for _ in range(20_000)]
    assert sum(numbers) / len(numbers) == pytest.approx(9.7, abs=0.15)


def verdicts(rule: StoppingRule, turn: random.Random, rate: float, lost: float) -> list[bool | None]:
    """Verdicts under a rule, of which some samples have none."""
    seen: list[bool | None] = []
    while number := rule.chunk(Tally(len(seen), seen.count(True), seen.count(False))):
        seen += [None if turn.random() < lost else turn.random() < rate for _ in range(number)]
    return seen


@pytest.mark.parametrize("rate", [0.1, 0.6])
@pytest.mark.parametrize("lost", [0.0, 0.2])
@pytest.mark.parametrize(
    "rule",
    [
        StoppingRule(max_draws=5),
        StoppingRule(until="accepted", chunks=(1,)),
        StoppingRule(until="accepted", goal=3, max_draws=20, hopeless_after=6),
        StoppingRule(until="exact", goal=2, max_draws=12, chunks=(3,)),
        StoppingRule(until="mixed", max_draws=10),
    ],
    ids=str,
)
def test_a_pass_rate_has_no_bias_under_any_rule_over_counts(
    rule: StoppingRule, lost: float, rate: float
) -> None:
    turn, trials = random.Random(0), 8_000
    found = [rule.pass_rate(verdicts(rule, turn, rate, lost)) for _ in range(trials)]
    known = [each for each in found if each is not None]
    assert all(0 <= each <= 1 for each in known)
    error = (sum((each - rate) ** 2 for each in known) / len(known) / len(known)) ** 0.5
    assert abs(sum(known) / len(known) - rate) < 4 * error


def test_a_pass_rate_is_the_share_of_a_fixed_number_and_the_inverse_binomial_up_to_a_goal() -> None:
    assert StoppingRule(max_draws=4).pass_rate([YES, NO, None, YES]) == 2 / 3
    until = StoppingRule(until="accepted", goal=3, max_draws=64, chunks=(1,))
    assert until.pass_rate([NO, YES, NO, YES, NO, NO, YES]) == pytest.approx(2 / 6)
    assert until.pass_rate([NO] * 64) == 0 and first_accepted(until, (True,) * 3, 3) == 1
    assert StoppingRule(until="accepted").pass_rate([None, None]) is None
    assert StoppingRule(until="distinct", goal=2).pass_rate([YES, YES]) is None


def test_counts_do_not_decide_distinct_paths() -> None:
    assert StoppingRule(until="distinct", goal=2).propensity(Tally(4, 2, 2, 2)) is None
    assert StoppingRule(max_draws=4).propensity(Tally(4, 2, 2, 2)) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"until": "accepted", "goal": 9, "max_draws": 8}, "raise max_draws"),
        ({"chunks": (2, 0)}, "at least one at a time"),
        ({"until": "mixed", "max_draws": 1}, "take at least 2"),
    ],
)
def test_rules_that_cannot_be_met_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        StoppingRule.model_validate(fields)
