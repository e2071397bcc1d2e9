"""Mixtures in a profile: what they declare, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset, Trained
from datasets_registry.errors import BadInput
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from methods.mixtures.mixture import MixtureSettings
from tests.assets.graphs import Declaration, declared
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

SFT: dict[str, object] = {"parts": {"cai_sft": 0.7, "rft_selections": 0.3}}
PAIRS: dict[str, object] = {"parts": {"preference_pairs": 0.5, "verified_pairs": 0.5}, "rows": 10}
LEARNING: dict[Place, object] = {
    ("mixtures",): {"my_mixture": SFT, "my_pairs": PAIRS},
    ("models", "mixed_policy"): {"trainer": "sft", "base": "base_policy", "dataset": "my_mixture"},
    ("models", "paired_policy"): {"trainer": "dpo", "base": "base_policy", "dataset": "my_pairs"},
}


def with_mixtures(folder: Path, changes: dict[Place, object]) -> Declaration:
    """What the small profile declares with mixtures of both kinds and these changes."""
    return declared(changed(changed(small("laptop", folder), LEARNING), changes))


def test_a_mixture_is_a_dataset_of_its_parts_and_any_trainer_may_learn_from_it(tmp_path: Path) -> None:
    declaration = with_mixtures(tmp_path, {})
    mixture, pairs = declaration.assets["my_mixture"], declaration.assets["my_pairs"]
    assert isinstance(mixture, Dataset) and isinstance(pairs, Dataset)
    assert mixture.inputs == {"cai_sft": ("cai_sft",), "rft_selections": ("rft_selections",)}
    assert (mixture.method.rows, pairs.method.rows) == (MixedExample, MixedPair)
    assert "my_mixture" in declaration.recipes["mixed_policy"].inputs
    assert "my_pairs" in declaration.recipes["paired_policy"].inputs


def test_parts_of_several_system_prompts_have_them_in_their_rows(tmp_path: Path) -> None:
    declaration = with_mixtures(tmp_path, {})
    mixture, policy = declaration.assets["my_mixture"], declaration.assets["mixed_policy"]
    assert isinstance(mixture, Dataset) and isinstance(mixture.settings, MixtureSettings)
    assert isinstance(policy, Trained)
    assert mixture.settings.system_prompts == {"cai_sft": "brief"} and policy.system_prompt is None
    assert declaration.recipes["my_mixture"].templates == ("brief",)
    alike = {"parts": {"cai_sft": 0.5, "helpful_answers": 0.5}}
    declaration = with_mixtures(tmp_path, {("mixtures", "my_mixture"): alike})
    mixture, policy = declaration.assets["my_mixture"], declaration.assets["mixed_policy"]
    assert isinstance(mixture, Dataset) and isinstance(policy, Trained)
    assert "system_prompts" not in mixture.settings.model_dump() and policy.system_prompt == "brief"


def test_a_share_changes_the_mixture_and_what_learns_from_it_alone(tmp_path: Path) -> None:
    before = with_mixtures(tmp_path, {})
    shares = {"cai_sft": 0.6, "rft_selections": 0.4}
    after = with_mixtures(tmp_path, {("mixtures", "my_mixture", "parts"): shares})
    assert before.differing(after) == {"my_mixture"}


def test_tokens_are_counted_by_the_policy(tmp_path: Path) -> None:
    counted = SFT | {"tokens": 1_000, "policy": "base_policy"}
    declaration = with_mixtures(tmp_path, {("mixtures", "my_mixture"): counted})
    mixture = declaration.assets["my_mixture"]
    assert isinstance(mixture, Dataset) and mixture.models == {"policy": ("base_policy",)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {("mixtures", "my_mixture", "tokens"): 9},
            "tokens and policy, whose tokens are counted, go togethe",
        ),
        ({("mixtures", "my_mixture", "policy"): "base_policy"}, "go together"),
        ({("mixtures", "problems"): SFT}, "mixtures.problems: a dataset has this name: choose another"),
        ({("mixtures", "base_policy"): SFT}, "mixtures.base_policy: a model has this name"),
        (
            {("mixtures", "of_mixtures"): {"parts": {"my_pairs": 0.5, "cai_sft": 0.5}}},
            "my_pairs is a mixture",
        ),
        (
            {("mixtures", "of_models"): {"parts": {"lab_policy": 0.5, "cai_sft": 0.5}}},
            "lab_policy is a model",
        ),
        (
            {("mixtures", "my_mixture"): SFT | {"tokens": 9, "policy": "nobody"}},
            "mixtures.my_mixture.policy: unknown model 'nobody'",
        ),
        (
            {("mixtures", "both"): {"parts": {"cai_sft": 0.5, "verified_pairs": 0.5}}},
            "mixtures.both: cai_sft gives examples and verified_pairs gives pairs: mix datasets of one kind",
        ),
        (
            {("mixtures", "my_pairs", "kind"): "examples"},
            "kind gives examples and preference_pairs gives pairs",
        ),
        (
            {("mixtures", "prompted"): {"parts": {"cai_sft": 0.5, "ai_judgements": 0.5}}},
            "parts.ai_judgements: its rows are neither examples to learn nor pairs",
        ),
        (
            {("mixtures", "outside"): {"parts": {"mine": 0.5, "yours": 0.5}}},
            "mixtures.outside: all of its parts are imported: say kind",
        ),
    ],
)
def test_mixtures_that_cannot_be_made_are_refused(
    changes: dict[Place, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises((ValidationError, BadInput), match=said):
        with_mixtures(tmp_path, changes)
