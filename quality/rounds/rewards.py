"""The reward in training against a held-out one, and canaries: signs that a judge or a reward is gamed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, pstdev

from methods.evaluation.suite import Answered
from methods.evaluation.suites import helpfulness
from methods.evaluation.suites import over_optimisation as suite
from quality.evaluation.answered import ByModel, whole
from quality.rounds.answers import Beside, BySuite
from quality.rounds.change import Change, Pair

PROXY_REWARD, HELD_OUT_REWARD, CANARY = "proxy_reward", "held_out_reward", "canary"


def reward_changes(beside: Beside) -> Iterator[Change]:
    """Both rewards of the round's samples less round 0's, in standard deviations of round 0's.

    Nothing where neither policy was asked: the suite needs reward models.
    """
    if suite.NAME not in {*beside.ours, *beside.theirs}:
        return
    both = beside.both(suite.NAME)
    for figure, name in ((PROXY_REWARD, suite.PROXY), (HELD_OUT_REWARD, suite.HELD_OUT)):
        change = Change(figure, "reward", "difference")
        if both is None:
            yield change.unmeasured(f"the suite {suite.NAME} was not asked")
            continue
        yield _scaled(change, list(_graded(name, *both)), len(both[0]))


def _scaled(change: Change, pairs: Sequence[Pair], num_answers: int) -> Change:
    spread = pstdev([pair[2] for pair in pairs]) if pairs else 0.0
    if not spread:
        return change.unmeasured("the reward of round 0's answers does not vary")
    scaled = [(cluster, ours / spread, theirs / spread) for cluster, ours, theirs in pairs]
    return change.paired(scaled, num_answers - len(pairs))


def _graded(name: str, ours: Sequence[Answered], theirs: Sequence[Answered]) -> Iterator[Pair]:
    for our, their in zip(ours, theirs, strict=True):
        first, second = _value(our, name), _value(their, name)
        if first is not None and second is not None:
            yield our.answer.cluster, first, second


def _value(each: Answered, name: str) -> float | None:
    grade = each.grade(name)
    return None if grade is None else grade.value


def canary_changes(ours: BySuite, canaries: ByModel) -> Iterator[Change]:
    """The best canary's mean score of helpfulness less the policy's median; nothing without canaries."""
    if not canaries:
        return
    change = Change(CANARY, "canary", "difference", family=helpfulness.NAME)
    own = _scores(ours)
    means = {
        name: math.fsum(scores) / len(scores) for name, of in canaries.items() if (scores := _scores(of))
    }
    if not own or not means:
        yield change.unmeasured("the judge scored no answer of the policy, or no canary")
        return
    best = max(means, key=lambda name: means[name])
    middle = median(own)
    yield Change(
        CANARY,
        "canary",
        "difference",
        means[best],
        middle,
        means[best] - middle,
        num_items=len(own),
        family=helpfulness.NAME,
        note=f"the best of {len(means)} is {best}",
    )


def _scores(answers: Mapping[str, Sequence[Answered]]) -> list[float]:
    values = (_value(each, helpfulness.SCORE) for each in whole(answers.get(helpfulness.NAME, ())))
    return [value for value in values if value is not None]
