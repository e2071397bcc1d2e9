"""PPO learns from a verifier, resumes to the same weights, and refuses what does not fit in words."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from generation.models.folder import fingerprint, validated_folder
from tests.rows import make
from tests.training.conftest import Started
from tests.training.online_runs import SETTINGS, SMALL, accuracy, curve, run, scorer, warned
from tests.training.runs import NOTHING, commit, manifest
from training.data.prompts import chosen_rows
from training.ppo.__main__ import ppo
from training.ppo.checkpoint import random_states, set_random_states
from training.settings.ppo import PpoSettings

FEW = SMALL | {"num_draws": 2, "max_steps": 3, "gradient_accumulation": 2, "minibatches": 2, "ppo_epochs": 2}


def test_it_learns_by_a_verifier(started: Started, tmp_path: Path) -> None:
    settings = SETTINGS | {"learning_rate": 2e-4, "max_steps": 10, "ppo_epochs": 2}
    said = run(ppo, tmp_path, settings=settings)
    rows = {problem.problem_id: problem for problem in started.problems}
    stored: list[Any] = [problem.model_dump() for problem in started.problems]
    asked = [rows[row["problem_id"]] for row in chosen_rows(stored, PpoSettings(number=8), "")]
    # 400 draws each: three standard errors of the difference are 0.1
    assert accuracy(tmp_path / "model", asked, 50) > accuracy(started.folder, asked, 50) + 0.15
    counts = {"given": 130, "trained": 8, "too_long": 0, "gold_rejected": 0, "unasked": 122}
    assert said["rows"] == counts
    assert len(said["loss"]) == 10 and curve(said, "score") == curve(said, "rewards/verifier")
    assert curve(said, "reward")[-1] < curve(said, "score")[-1] and not warned(said)


def test_a_killed_run_goes_on_to_the_same_weights(started: Started, tmp_path: Path) -> None:
    run(ppo, tmp_path / "whole", settings=FEW)
    broken = tmp_path / "broken"
    run(ppo, broken, settings=FEW, checkpoint_minutes=0)
    shutil.rmtree(broken / "model")
    (checkpoints,) = (broken / "checkpoints").iterdir()
    assert sorted(path.name for path in checkpoints.iterdir()) == ["checkpoint-2", "checkpoint-3"]
    # killed in the middle of the third step, while it wrote
    shutil.move(checkpoints / "checkpoint-3", checkpoints / ".tmp-checkpoint")
    (checkpoints / ".tmp-checkpoint" / "critic.safetensors").unlink()
    lines: list[str] = []
    ppo(broken / "run.json", lines.append)
    assert lines[0] == "policy: resumed from checkpoint-2"
    whole, resumed = manifest(tmp_path / "whole"), manifest(broken)
    assert fingerprint(broken / "model") == fingerprint(tmp_path / "whole" / "model")
    assert (
        whole["curves"] == resumed["curves"] and whole["loss"] == resumed["loss"] and len(whole["loss"]) == 3
    )


def test_random_states_go_on_where_they_were() -> None:
    import random

    import numpy as np

    before = random_states()
    drawn = random.random(), float(np.random.rand()), float(torch.rand(1))
    set_random_states(before)
    assert (random.random(), float(np.random.rand()), float(torch.rand(1))) == drawn


def test_an_adapter_is_kept_and_nothing_pickled(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, Problem, [make(Problem, f"p{number}") for number in range(8)])
    settings = FEW | {"lora_rank": 4, "number": None, "max_length": 64, "learning_rate": 1e-2}
    said = run(ppo, tmp_path, dataset=dataset, settings=settings | {"missing_eos_penalty": 1.0})
    folder = validated_folder(tmp_path / "model")
    assert said["trainer"] == "ppo" and said["fingerprint"] == fingerprint(folder) != fingerprint(base)
    assert (folder / "adapter" / "adapter_model.safetensors").exists()
    assert not [path for path in folder.rglob("*") if path.suffix in (".pt", ".bin", ".pkl")]
    # a policy without sense hardly ends, earns nothing, and is punished for that
    assert curve(said, "completions/clipped_ratio")[0] > 0.5 and curve(said, "rewards/verifier") == [0] * 3
    assert curve(said, "score") == pytest.approx(
        [-value for value in curve(said, "completions/clipped_ratio")]
    )
    assert curve(said, "kl")[0] == pytest.approx(0, abs=1e-6) and curve(said, "kl")[-1] != 0
    assert {"reward", "entropy", "clip_fraction", "value_loss", "explained_variance"} <= said["curves"].keys()
    assert "clipped_completions" not in warned(said)


def test_a_base_whose_generation_settings_cannot_be_saved_trains_nothing(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    settings = {"do_sample": False, "temperature": 0.5, "top_p": 0.9}
    (base / "generation_config.json").write_text(json.dumps(settings))
    version = registry.commit_model("unsaveable", base, fingerprint(base), NOTHING)
    registry.record_checks(version, [])
    dataset = commit(registry, Problem, [make(Problem, f"p{number}") for number in range(8)])
    few = FEW | {"number": None, "max_length": 64}
    with pytest.raises(BadInput, match=r"generation_config.json cannot be saved with a trained model, so "):
        run(ppo, tmp_path, dataset=dataset, base="unsaveable@1", settings=few, checkpoint_minutes=0)
    assert not (tmp_path / "checkpoints").exists()


def test_a_loss_that_is_nan_leaves_no_model(started: Started, tmp_path: Path) -> None:
    lost = FEW | {"learning_rate": 1e30, "minibatches": 1, "warmup_share": 0.0}
    with pytest.raises(ModelFailed, match="policy: the loss is nan at step 1: lower learning_rate"):
        run(ppo, tmp_path / "two", settings=lost)
    with pytest.raises(ModelFailed, match="the policy's probabilities became NaN: lower"):
        run(ppo, tmp_path / "one", settings=lost | {"ppo_epochs": 1})
    assert not (tmp_path / "one" / "model").exists() and not (tmp_path / "two" / "model").exists()


SCORED = {"rewards": {"verifier": 0.0, "reward_models": 1.0}, "critic": "reward_model"}


def test_a_run_by_a_reward_model_whose_weights_the_critic_starts_from(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(
        registry, Problem, [make(Problem, f"{number}", prompt=f"{number}=?") for number in range(8)]
    )
    told: dict[str, Any] = {"reward_models": [scorer(registry, lab)], "verifier": None}
    settings = FEW | SCORED | {"max_steps": 2, "number": None}
    said = run(ppo, tmp_path, dataset=dataset, settings=settings, **told)
    assert said["reward_models"][0]["name"] == "reward_model"
    assert curve(said, "rewards/reward_models")[0] != 0


def test_a_reward_model_of_another_vocabulary_makes_no_critic(
    started: Started, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    told: dict[str, Any] = {"reward_models": [scorer(registry, tiny_model)], "verifier": None}
    with pytest.raises(BadInput, match="whose vocabulary is not that of base_policy@1: take critic = 'base'"):
        run(ppo, tmp_path, settings=FEW | SCORED, **told)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"gradient_accumulation": 3, "minibatches": 2}, "3 micro-batches .* are not 2 equal minibatches"),
        ({"batch_size": 6, "num_draws": 4}, "are not whole groups of num_draws 4"),
        ({"critic": "reward_model"}, "rewards.reward_models is 0: give it a weight, or take critic"),
        ({"clip_range": 1.0}, "less than 1"),
        ({"temperature": 0}, "greater than 0"),
        ({"ppo_epochs": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        PpoSettings.model_validate(told)


def test_a_reward_model_that_is_weighed_must_be_named(started: Started, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="rewards.reward_models is 1 and the run has no reward_models"):
        run(ppo, tmp_path, settings=FEW | SCORED, verifier=None)


def test_several_processes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="launch.processes is 2, and this trainer runs in one process"):
        run(ppo, tmp_path, settings=FEW, launch={"processes": 2})
