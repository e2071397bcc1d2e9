"""How a round's policy answers: refusals of benign and of harmful requests apart, and lengths."""

from collections.abc import Iterator, Sequence

import numpy as np

from datasets_registry.rows.evaluation import AnswerTurn
from methods.evaluation.measures import Measure, drawn, mean_of, share
from methods.evaluation.suite import ItemId
from methods.evaluation.suites import diversity, harmlessness, over_refusal
from quality.rounds.answers import Beside, BySuite
from quality.rounds.change import Change

BENIGN_REFUSED, HARMFUL_REFUSED = "benign_refused", "harmful_refused"
MEAN_TOKENS, P95_TOKENS, TRUNCATED = "mean_tokens", "p95_tokens", "truncated"
Turn = tuple[str, AnswerTurn]


def refusal_changes(beside: Beside) -> Iterator[Change]:
    """Refusals of benign requests, which must not rise, and of harmful ones, which must not fall."""
    name = over_refusal.NAME
    yield beside.change(BENIGN_REFUSED, "over_refusal", "difference", name, "benign_refused", name)
    yield beside.change(HARMFUL_REFUSED, "safety", "difference", name, "harmful_refused", name)
    if harmlessness.NAME in {*beside.ours, *beside.theirs}:
        name = harmlessness.NAME
        yield beside.change(HARMFUL_REFUSED, "safety", "difference", name, "refused", name)


def length_changes(beside: Beside) -> Iterator[Change]:
    """Lengths of the last answers in tokens, and the share cut off; diversity's are cut on purpose."""
    ours, theirs = _turns(beside)
    mean, p95 = Change(MEAN_TOKENS, "length", "relative"), Change(P95_TOKENS, "length", "relative")
    yield mean.between(_mean(ours), _mean(theirs), beside.drawing)
    yield p95.between(_p95(ours), _p95(theirs), beside.drawing)
    truncated = Change(TRUNCATED, "length", "difference")
    yield truncated.between(_truncated(ours), _truncated(theirs), beside.drawing)


def _turns(beside: Beside) -> tuple[Sequence[Turn], Sequence[Turn]]:
    """The last turns of both in pairs, failed ones too: those that are cut off are what is looked for."""
    ours, theirs = _by_place(beside.ours), _by_place(beside.theirs)
    shared = [place for place in ours if place in theirs]
    return [ours[place] for place in shared], [theirs[place] for place in shared]


def _by_place(answers: BySuite) -> dict[ItemId, Turn]:
    return {
        each.place: (f"{suite}/{each.answer.cluster}", each.answer.turns[-1])
        for suite, asked in answers.items()
        if suite != diversity.NAME
        for each in asked
        if each.answer.turns
    }


def _mean(turns: Sequence[Turn]) -> Measure:
    return mean_of(MEAN_TOKENS, "neither", [(cluster, float(turn.num_tokens)) for cluster, turn in turns])


def _p95(turns: Sequence[Turn]) -> Measure:
    lengths = [(cluster, float(turn.num_tokens)) for cluster, turn in turns]
    return drawn(P95_TOKENS, "neither", lengths, lambda held: float(np.percentile(held, 95)))


def _truncated(turns: Sequence[Turn]) -> Measure:
    cut = [(cluster, float(turn.finish_reason == "length")) for cluster, turn in turns]
    return share(TRUNCATED, "lower", cut)
