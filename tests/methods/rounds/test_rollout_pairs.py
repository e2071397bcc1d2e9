"""Pairs out of rollouts: the best against the worst of a group, by a signal that is named."""

from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.rounds.rollouts import Rollout, RolloutPair, RolloutScore
from methods.rounds.rollout_pairs import ROLLOUT_PAIRS, RolloutPairSettings, rollout_pairs
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make


def rollout(sample: int, reward: float | None, text: str = "", **more: Any) -> Rollout:
    """A sample of the one group, with a second signal that says the contrary."""
    signals = [] if reward is None else [{"signal": "brevity", "score": -reward}]
    fields = {"sample": sample, "reward": reward, "completion": text or f"A:{sample}", "signals": signals}
    return make(Rollout, "p1", **(fields | more))


def paired(*rollouts: Rollout, **settings: Any) -> RolloutPair:
    (pair,) = rollout_pairs(rollouts, {}, RolloutPairSettings(**settings))
    return pair


GROUP = (rollout(0, 0.2), rollout(1, 0.9), rollout(2, 0.5), rollout(3, 0.1))


def test_the_best_stands_against_the_worst_by_the_signal_that_is_named() -> None:
    pair = paired(*GROUP)
    assert (pair.chosen, pair.rejected, pair.label) == ("A:1", "A:3", "a")
    assert (pair.score_chosen, pair.score_rejected, pair.num_samples) == (0.9, 0.1, 4)
    other = paired(*GROUP, signal="brevity")
    assert (other.chosen, other.rejected, other.score_chosen) == ("A:3", "A:1", -0.1)


def test_what_was_cut_or_has_no_score_makes_no_pair_and_is_counted() -> None:
    cut = rollout(1, 0.9, finish_reason="length"), rollout(3, 0.1, finish_reason="length")
    pair = paired(GROUP[0], cut[0], GROUP[2], cut[1], rollout(4, None))
    assert (pair.chosen, pair.rejected) == ("A:2", "A:0")
    assert (pair.num_samples, pair.num_cut, pair.num_unscored) == (5, 2, 1)
    alone = paired(GROUP[0], *cut, rollout(4, None))
    assert (alone.label, alone.chosen, alone.num_cut, alone.num_unscored) == ("too_few", None, 2, 1)


@pytest.mark.parametrize(
    ("rollouts", "settings"),
    [
        ((rollout(0, 1.0), rollout(1, 1.0)), {}),
        ((rollout(0, 1.0, "same"), rollout(1, 0.0, "same")), {}),
        ((rollout(0, 0.5), rollout(1, 0.4)), {"least_lead": 0.2}),
    ],
)
def test_a_tie_is_a_row_without_a_pair(rollouts: tuple[Rollout, ...], settings: dict[str, Any]) -> None:
    pair = paired(*rollouts, **settings)
    assert (pair.label, pair.chosen, pair.rejected) == ("tie", None, None)


def test_scores_that_were_made_later_count_before_those_of_the_training() -> None:
    scores = [
        make(RolloutScore, sample=sample, signal="brevity", score=score)
        for sample, score in enumerate((1.0, 3.0, None, 2.0))
    ]
    other = make(RolloutScore, sample=0, signal="style", score=9.0)
    inputs = MemoryInputs({"rollouts": GROUP, "rollout_scores": [*scores, other]})
    (pair,) = rows_of(ROLLOUT_PAIRS, RolloutPairSettings(signal="brevity"), inputs)
    assert (pair.chosen, pair.rejected, pair.num_unscored) == ("A:1", "A:0", 1)


def test_groups_of_other_steps_and_policies_stay_apart() -> None:
    others = [
        make(Rollout, sample=sample, completion=f"{place}:{sample}", reward=float(sample), **place)
        for place in ({"step": 1}, {"step": 2}, {"step": 2, "group": 1}, {"policy": "other"})
        for sample in (0, 1)
    ]
    pairs = list(rollout_pairs(others, {}, RolloutPairSettings()))
    assert len({pair.pair_id for pair in pairs}) == len(pairs) == 4
    assert all(str(pair.chosen).split(":1")[0] == str(pair.rejected)[:-2] for pair in pairs)


def test_a_signal_that_no_rollout_has_is_refused() -> None:
    with pytest.raises(BadInput, match="signal is 'style', and the rollouts have brevity, reward: name one"):
        paired(*GROUP, signal="style")
