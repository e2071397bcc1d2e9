"""Rewards of samples: what a verifier accepts, what a reward model scores, and how they are weighed."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import ModelFailed
from generation.scoring.outcomes import Answered
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from training.data.prompts import OnlineRow
from training.online.rewards import Rewards
from training.online.scorers import Plain
from training.settings.grpo import GrpoSettings
from training.settings.online import OnlineSettings, RewardMix
from training.settings.run import RunConfig

VERIFY = verifier(VerifierSettings(kind="maths"))
ROWS: list[OnlineRow] = [{"prompt": "1+1=?", "answer": "2"}] * 4
SAMPLES = ["1+1=2\nA:2", "1+1=3\nA:3", "A:3\nA:2", "1+1=2\nA:2"]
ENDED = [True, True, True, False]


class ByLength:
    """Scores an answer by its length, and none that is longer than its window."""

    def __init__(self, window: int = 100) -> None:
        self.window = window

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        lengths = [len(answer.completion) for answer in answers]
        return [float(length) if length <= self.window else None for length in lengths]

    def close(self) -> None:
        self.window = -1


def test_only_right_samples_that_ended_by_themselves_are_accepted() -> None:
    found = Rewards(RewardMix(), VERIFY)(ROWS, SAMPLES, ENDED)
    assert VERIFY(SAMPLES[2], "2").reason == "two different final answers: 3 and 2"
    assert found.rewards == [1, 0, 0, 0] and found.figures == {"rewards/verifier": 0.25}


def test_a_sample_that_was_cut_has_the_lowest_score_of_its_batch() -> None:
    rewards = Rewards(RewardMix(verifier=0, reward_models=2), scorer=Plain(ByLength()))
    found = rewards(ROWS, ["long answer", "two", "three", "the longest of all answers"], ENDED)
    assert found.rewards == [22, 6, 10, 6] and found.figures["rewards/reward_models"] == 5.5
    rewards.close()
    with pytest.raises(ModelFailed, match="none of 4 samples fits the window"):
        rewards(ROWS, SAMPLES, ENDED)


def test_the_weights_decide_between_the_parts() -> None:
    found = {}
    for weight in (0.0, 0.1, 1.0):
        mix = RewardMix(verifier=1, reward_models=weight)
        found[weight] = Rewards(mix, VERIFY, Plain(ByLength()))(
            ROWS[:2], ["A:2", "A:3, truly"], ENDED[:2]
        ).rewards
    assert found == {0.0: [1, 0], 0.1: [1.3, 1.0], 1.0: [4, 10]}


def test_a_sample_that_no_model_can_read_has_no_reward_and_is_counted() -> None:
    rewards = Rewards(RewardMix(reward_models=1), VERIFY, Plain(ByLength(window=5)))
    found = rewards(ROWS[:2], ["A:2", "1+1=2\nA:2"], ENDED[:2])
    assert found.rewards == [4, None]
    assert found.figures == {"rewards/verifier": 1, "rewards/reward_models": 3, "rewards/unscored": 0.5}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"num_draws": 1}, "greater than or equal to 2"),
        (
            {"batch_size": 6, "num_draws": 4},
            "batch_size 6 × gradient_accumulation 1 samples are not whole gro",
        ),
        ({"max_completion_length": 1024}, "leaves no room for a prompt within max_length 1024"),
        ({"rewards": {"verifier": 0}}, "both 0: give one of them a weight"),
        ({"rewards": {"variance_weight": 1}}, "'mean_minus_variance' and a variance_weight above 0 go toge"),
        ({"rewards": {"combine": "best"}}, "'mean', 'worst' or 'mean_minus_variance'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GrpoSettings.model_validate(told)


def test_a_step_takes_as_many_prompts_as_its_answers_have_groups() -> None:
    settings = OnlineSettings(batch_size=6, gradient_accumulation=2, num_draws=4)
    assert (settings.effective_batch, settings.rows_per_step) == (12, 3)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "rewards.verifier is 1 and the run has no verifier"),
        (
            {"verifier": {"kind": "maths"}, "reward_models": ["r@1"]},
            "rewards.reward_models is 0 and the run has reward_models",
        ),
        (
            {"verifier": {"kind": "maths"}, "settings": {"rewards": {"reward_models": 1}}},
            "rewards.reward_models is 1 and the run has no reward_models: give both reward_models and",
        ),
    ],
)
def test_a_reward_without_what_it_weighs_is_refused(more: dict[str, Any], said: str) -> None:
    told = {"name": "p", "base": "b@1", "dataset": "problems@1", "output": "o", "settings": {}}
    with pytest.raises(ValidationError, match=said):
        RunConfig[GrpoSettings].model_validate(told | more)
