"""Rewards of samples by several signals: each is logged apart, and a rule makes one of them."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from generation.scoring.combination import Combination, Score
from generation.scoring.outcomes import Answered
from training.data.prompts import OnlineRow, OnlineRun
from training.online.rewards import Rewards, open_rewards
from training.online.scorers import BySignal
from training.settings.grpo import GrpoSettings
from training.settings.online import RewardMix
from training.settings.ppo import PpoSettings
from training.settings.run import RunConfig

GATED = Combination(rule="gated", gate="harmlessness", threshold=0.0, gated_kinds=("red_team",))


class ByWords:
    """Harmlessness falls with each `bad`, helpfulness is the number of words; none of more than five."""

    def each(self, answers: Sequence[Answered]) -> list[dict[str, Score] | None]:
        words = [answer.completion.split() for answer in answers]
        return [
            {
                "harmlessness": Score(0.5 - text.count("bad"), 0.0),
                "helpfulness": Score(float(len(text)), 0.0),
            }
            if len(text) <= 5
            else None
            for text in words
        ]

    def close(self) -> None:
        """Nothing is held."""


def rewards() -> Rewards:
    """Half of what the gate makes of both signals."""
    return Rewards(RewardMix(verifier=0, reward_models=0.5), scorer=BySignal(ByWords(), GATED))


def test_the_gate_decides_and_every_signal_is_kept_and_logged() -> None:
    rows: list[OnlineRow] = [
        {"prompt": "a", "kind": "helpful"},
        {"prompt": "b", "kind": "helpful"},
        {"prompt": "c", "kind": "red_team"},
        {"prompt": "d", "kind": "helpful"},
    ]
    texts = ["three good words", "bad words", "good", "one two three four five six"]
    rewarded = rewards()(rows, texts, [True] * 4)
    assert rewarded.rewards == [1.5, -0.25, 0.25, None]
    assert rewarded.signals == {
        "harmlessness": [0.5, -0.5, 0.5, None],
        "helpfulness": [3.0, 2.0, 1.0, None],
    }
    assert rewarded.figures == pytest.approx(
        {
            "rewards/reward_models": (3 - 0.5 + 0.5) / 3,
            "rewards/unscored": 0.25,
            "signals/harmlessness": 0.5 / 3,
            "signals/helpfulness": 2.0,
            "rewards/gated": 2 / 3,
        }
    )


def test_a_sample_that_was_cut_has_the_lowest_combined_reward() -> None:
    rows: list[OnlineRow] = [{"prompt": "a"}, {"prompt": "b"}]
    rewarded = rewards()(rows, ["three good words", "bad"], [False, True])
    assert rewarded.rewards == [-0.25, -0.25]
    assert rewarded.signals["helpfulness"] == [3.0, 1.0]


def test_settings_without_a_combination_are_what_they_were() -> None:
    assert set(RewardMix().model_dump()) == {"verifier", "reward_models", "combine", "variance_weight"}
    told = {"name": "p", "base": "b@1", "dataset": "d@1", "output": "o", "settings": {}}
    config = RunConfig[GrpoSettings].model_validate(told | {"verifier": {"kind": "maths"}})
    assert "signals" not in config.decided and "combination" not in str(config.decided)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"combine": "worst"}, "combination of several signals: give one of both"),
        ({"reward_models": 0, "verifier": 0}, "both 0"),
    ],
)
def test_a_combination_beside_what_it_replaces_is_refused(told: dict[str, Any], said: str) -> None:
    rule = {"reward_models": 1, "combination": {"rule": "mean"}}
    with pytest.raises(ValidationError, match=said):
        GrpoSettings.model_validate({"rewards": rule | told})


def test_no_critic_starts_from_one_of_several_signals() -> None:
    mix = {"reward_models": 1, "combination": {"rule": "mean"}}
    assert PpoSettings.model_validate({"rewards": mix}).rewards.combination
    with pytest.raises(ValidationError, match="makes the reward of several: take critic = 'base'"):
        PpoSettings.model_validate({"rewards": mix, "critic": "reward_model"})


@pytest.mark.parametrize(
    ("combination", "signals", "said"),
    [
        ({"rule": "mean"}, (), "rewards names none: name a reward model for each signal"),
        (None, ("a", "b"), "the run has 2 signals and no settings.rewards.combination"),
        (GATED.model_dump(), ("a", "b"), "gate 'harmlessness' is no signal"),
    ],
)
def test_a_run_whose_signals_are_not_those_that_it_combines_is_refused(
    combination: dict[str, Any] | None, signals: tuple[str, ...], said: str
) -> None:
    mix = RewardMix.model_validate({"reward_models": 1, "combination": combination})
    run = SimpleNamespace(
        config=SimpleNamespace(signals=signals, verifier=None),
        settings=SimpleNamespace(rewards=mix),
        reward_models=(),
    )
    with pytest.raises(BadInput, match=said):
        open_rewards(cast(OnlineRun, run))


def test_as_many_signals_as_reward_models_are_needed() -> None:
    told = {
        "name": "p",
        "base": "b@1",
        "dataset": "d@1",
        "output": Path("o"),
        "settings": {"rewards": {"verifier": 0, "reward_models": 1}},
        "reward_models": ("r@1", "s@1"),
        "signals": ("helpfulness",),
    }
    with pytest.raises(ValidationError, match="signals names 1 and reward_models 2"):
        RunConfig[GrpoSettings].model_validate(told)
