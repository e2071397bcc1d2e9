"""Rewards of several signals in a profile: what they declare, and what is refused when it is read."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset, Trained
from datasets_registry.errors import BadInput
from methods.rft.candidates import VerifiedCandidateSettings
from tests.assets.graphs import Declaration, declared
from tests.assets.mutations import Place, changed
from tests.assets.profile.absent_sections import SECOND, TWO
from tests.assets.profile_fields import small

MEAN: dict[str, Any] = {"rule": "mean"}
BY_SIGNAL: dict[Place, object] = {
    ("models", "second_reward_model"): SECOND,
    ("models", "grpo_policy"): {
        "trainer": "grpo",
        "base": "lab_policy",
        "dataset": "problems",
        "rewards": TWO,
        "training": {"rewards": {"verifier": 0, "reward_models": 1.0, "combination": MEAN}},
    },
    ("rft", "candidates", "reward"): "reward_model",
    ("rft", "candidates", "rewards"): TWO,
    ("rft", "candidates", "combination"): MEAN,
}


def with_changes(folder: Path, changes: dict[Place, object]) -> Declaration:
    """What the small profile declares with both rewards by signal, and these changes."""
    return declared(changed(changed(small("laptop", folder), BY_SIGNAL), changes))


def test_a_model_for_each_signal_reaches_the_trainer_and_the_candidates(tmp_path: Path) -> None:
    declaration = with_changes(tmp_path, {})
    policy, candidates = declaration.assets["grpo_policy"], declaration.assets["candidates"]
    assert isinstance(policy, Trained) and isinstance(candidates, Dataset)
    assert policy.more["signals"] == ["helpfulness", "harmlessness"]
    assert policy.section.reward_models == ("base_policy", "second_reward_model")
    assert candidates.models["reward_helpfulness"] == ("base_policy",)
    assert candidates.models["reward_harmlessness"] == ("second_reward_model",)
    settings = candidates.settings
    assert isinstance(settings, VerifiedCandidateSettings)
    assert settings.signals == ("helpfulness", "harmlessness") and settings.combination is not None


def test_the_signal_of_a_model_is_part_of_the_recipe(tmp_path: Path) -> None:
    swapped = {"harmlessness": "base_policy", "helpfulness": "second_reward_model"}
    before = with_changes(tmp_path, {})
    after = with_changes(
        tmp_path,
        {("models", "grpo_policy", "rewards"): swapped, ("rft", "candidates", "rewards"): swapped},
    )
    assert {"grpo_policy", "candidates"} <= before.differing(after)


def test_settings_without_signals_are_what_they_were(tmp_path: Path) -> None:
    declaration = declared(small("laptop", tmp_path))
    settings = declaration.recipes["candidates"].settings
    assert not {"signals", "combination"} & settings.keys()


GRPO, DRAWN = ("models", "grpo_policy"), ("rft", "candidates")
MIX = (*GRPO, "training", "rewards")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {(*GRPO, "rewards"): {}, (*GRPO, "reward_models"): ["second_reward_model"]},
            "combination makes one reward of several signals, and rewards names none",
        ),
        ({(*DRAWN, "rewards"): {"helpfulness": "reward_model"}}, "rft.candidates: combination makes one rew"),
        ({(*MIX, "combination"): {"rule": "best"}}, "'gated', 'weighted'"),
        ({(*MIX, "combination"): MEAN | {"threshold": 0.0}}, "threshold is of rule = 'gated'"),
        (
            {(*DRAWN, "combination"): {"rule": "weighted", "weights": {"tone": 1.0}}},
            "rft.candidates: combination.weights names 'tone', which is no signal of rewards",
        ),
        (
            {("models", "second_reward_model", "training"): {"signal": "honesty"}},
            "'second_reward_model', which is trained on the signal 'honesty': name the model of 'harml",
        ),
        (
            {("models", "second_reward_model", "training"): {"held_out_share": 0.0}},
            "held_out_share is 0, so that nothing tells",
        ),
        ({(*MIX, "combination"): None}, "and nothing says how they become one: add combination"),
        ({(*GRPO, "rewards", "harmlessness"): "base_policy"}, "'base_policy' scores two signals"),
        ({(*DRAWN, "rewards", "harmlessness"): "base_policy"}, "'base_policy' scores two signals"),
        ({(*GRPO, "rewards", "harmlessness"): "sft_policy"}, "which sft trains and which gives no scores"),
        ({(*DRAWN, "rewards", "harmlessness"): "nobody"}, "harmlessness: unknown model 'nobody'"),
        ({(*GRPO, "reward_models"): ["second_reward_model"]}, "both name reward models: give one of them"),
        ({(*DRAWN, "reward_model"): "reward_model"}, "both name reward models: give one of them"),
        ({(*DRAWN, "reward"): "verifier"}, "reward_model, or rewards, go together"),
        (
            {("models", "sft_policy", "rewards"): {"helpfulness": "reward_model"}},
            "models.sft_policy.rewards: sft does not use reward models: leave it out",
        ),
    ],
)
def test_rewards_that_cannot_be_combined_are_refused(
    changes: dict[Place, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises((ValidationError, BadInput), match=said):
        with_changes(tmp_path, changes)
