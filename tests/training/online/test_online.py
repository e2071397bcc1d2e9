"""GRPO and RLOO learn from their own draws, resume to the same weights, and warn where nothing is learned."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.state import REPOSITORY
from generation.models.folder import fingerprint, validated_folder
from tests.training.conftest import Started
from tests.training.online_runs import (
    SETTINGS,
    SMALL,
    Trainer,
    accuracy,
    curve,
    draws,
    run,
    warned,
)
from tests.training.runs import NOTHING, commit, gold, newest_checkpoint, verified, write
from training.data.prompts import chosen_rows, prompt_order
from training.grpo import grpo
from training.online.trainer import alike, with_our_names
from training.reward_model import reward_model
from training.rloo import rloo
from training.running.manifest import curves
from training.settings.online import OnlineSettings

BOTH = pytest.mark.parametrize("trainer", [grpo, rloo])


def test_grpo_learns_by_a_verifier_with_an_adapter(
    started: Started, registry: Registry, tmp_path: Path
) -> None:
    said = run(grpo, tmp_path, settings=SETTINGS | {"lora_rank": 16, "learning_rate": 4e-3, "max_steps": 12})
    folder = validated_folder(tmp_path / "model")
    assert said["rows"] == {"given": 130, "trained": 8, "too_long": 0, "unasked": 122, "gold_rejected": 0}
    assert (folder / "adapter").exists() and said["fingerprint"] == fingerprint(folder)
    asked = _asked(started, 8)
    # 240 draws each: three standard errors of the difference are 0.13
    assert accuracy(folder, asked, 30) > accuracy(started.folder, asked, 30) + 0.2
    assert len(curve(said, "kl")) == 12 and curve(said, "kl")[0] == 0 < curve(said, "kl")[-1]
    for name in ("reward_std", "entropy", "completions/mean_length", "completions/clipped_ratio"):
        assert len(curve(said, name)) == 12, name
    assert "clipped_completions" not in warned(said) and "length_growth" not in warned(said)


def _asked(started: Started, number: int) -> list[Problem]:
    """The problems of a run that draws for so many."""
    problems = {problem.problem_id: problem for problem in started.problems}
    stored: list[Any] = [problem.model_dump() for problem in started.problems]
    rows = chosen_rows(stored, OnlineSettings(number=number), "")
    return [problems[row["problem_id"]] for row in rows]


def test_rloo_learns_by_a_verifier_with_all_weights(started: Started, tmp_path: Path) -> None:
    said = run(rloo, tmp_path)
    rewards = curve(said, "reward")
    # 192 draws each: three standard errors of the difference are 0.15
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.2
    assert rewards == curve(said, "rewards/verifier") and curve(said, "kl")[-1] > 0


@BOTH
def test_a_killed_run_goes_on_to_the_same_weights_in_a_later_pass(
    started: Started, tmp_path: Path, trainer: Trainer
) -> None:
    # four prompts, two a step: every pass over them has two steps
    settings = SMALL | {"number": 4, "max_steps": 7}
    run(trainer, tmp_path / "whole", settings=settings)
    broken = tmp_path / "broken"
    run(trainer, broken, settings=settings, checkpoint_minutes=0)
    shutil.rmtree(broken / "model")
    newest = newest_checkpoint(broken)
    # the run was killed while it wrote this one
    (newest / "trainer_state.json").write_text('{"cut short')
    lines: list[str] = []
    trainer(broken / "run.json", lines.append)
    assert any("resumed from checkpoint-6" in line for line in lines), lines
    assert fingerprint(broken / "model") == fingerprint(tmp_path / "whole" / "model")


def failed(trainer: Trainer, folder: Path, **changes: Any) -> dict[str, Any]:
    """What a run that moved nothing logged up to its last checkpoint, as its manifest would have it."""
    with pytest.raises(
        ModelFailed, match="all weights are where they began, .*: raise num_draws, which is 4"
    ):
        run(trainer, folder, checkpoint_minutes=0, **changes)
    assert not (folder / "model").exists()
    state = json.loads((newest_checkpoint(folder) / "trainer_state.json").read_text())
    history = [figures for figures in state["log_history"] if "loss" in figures]
    return {
        "trainer": trainer.__name__,
        "rows": {"given": 1, "trained": 1},
        "settings": {"max_lost_share": 0.2},
        "curves": curves(with_our_names(history)),
    }


@BOTH
def test_a_run_whose_groups_are_all_right_warns_and_fails(
    started: Started, registry: Registry, tmp_path: Path, trainer: Trainer
) -> None:
    training = [problem for problem in started.problems if problem.split == "train"]
    known = [
        problem
        for problem, (right,) in zip(training, draws(started.folder, training, 1, 0.0), strict=True)
        if right
    ]
    dataset = commit(registry, Problem, known)
    settings = SMALL | {"temperature": 0.01, "number": None}
    said = failed(trainer, tmp_path, dataset=dataset, settings=settings)
    assert curve(said, "reward") == [1] * 5 == curve(said, "frac_reward_zero_std")
    assert warned(said) == {"zero_variance_groups"}


def test_a_run_whose_draws_are_cut_earns_nothing_and_fails(started: Started, tmp_path: Path) -> None:
    said = failed(grpo, tmp_path, settings=SMALL | {"max_completion_length": 4})
    assert curve(said, "completions/clipped_ratio") == [1] * 5 and curve(said, "reward") == [0] * 5
    assert warned(said) == {"clipped_completions", "zero_variance_groups"}


def test_a_reward_model_moves_the_policy_by_its_weight(
    started: Started, registry: Registry, tmp_path: Path
) -> None:
    # it likes answers of two digits
    pairs = [
        verified(number, f"1+{number}=1{number}\nA:1{number}", f"1+{number}={number}\nA:{number}")
        for number in range(1, 10)
    ]
    told = {"learning_rate": 2e-3, "max_steps": 10, "batch_size": 4, "max_length": 40, "held_out_share": 0.2}
    reward_model(
        write(
            tmp_path / "scorer",
            commit(registry, VerifiedPair, pairs),
            settings=told | {"lora_rank": None},
            system_text=None,
        ),
        lambda _: None,
    )
    folder = tmp_path / "scorer" / "model"
    registry.record_checks(registry.commit_model("reward_model", folder, fingerprint(folder), NOTHING), [])
    moved = {}
    for weight in (0.02, 1.0):
        mix = {"verifier": 1.0, "reward_models": weight}
        said = run(
            grpo,
            tmp_path / str(weight),
            reward_models=["reward_model@1"],
            settings=SETTINGS | {"rewards": mix, "max_steps": 10},
        )
        parts = [curve(said, f"rewards/{name}") for name in ("verifier", "reward_models")]
        mixed = [right + weight * score for right, score in zip(*parts, strict=True)]
        assert mixed == pytest.approx(curve(said, "reward"), abs=1e-4)
        assert said["reward_models"][0]["name"] == "reward_model"
        moved[weight] = [sum(part[-3:]) / 3 - sum(part[:3]) / 3 for part in parts]
    # each learns what weighs in its reward, in 192 draws at either end
    assert moved[1.0][1] > max(0.2, moved[0.02][1] + 0.1)
    assert moved[0.02][0] > max(0.1, moved[1.0][0])


def test_the_losses_of_grpo_differ_where_lengths_do(started: Started, tmp_path: Path) -> None:
    found = {}
    for loss, scaled in (("grpo", True), ("dapo", True), ("dr_grpo", True), ("grpo", False)):
        settings = SMALL | {
            "max_steps": 1,
            "warmup_share": 0,
            "loss": loss,
            "scale_rewards": scaled,
            "batch_size": 32,
        }
        said = run(grpo, tmp_path / f"{loss} {scaled}", settings=settings)
        found[loss, scaled] = (said["loss"][0][1], said["metrics"]["grad_norm"])
    # advantages of a group sum to nothing, those of its tokens do not
    assert found["grpo", True][0] == pytest.approx(0, abs=1e-6) and abs(found["dapo", True][0]) > 1e-5
    assert found["grpo", False][1] < 0.9 * found["grpo", True][1]
    assert found["dr_grpo", True][1] != pytest.approx(found["dapo", True][1], rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"number": 500}, BadInput, "number is 500, and problems@1 has 100 prompts to train on: lower"),
        (
            {"families": ["stories"]},
            BadInput,
            "number is 8, and problems@1 has 0 prompts to train on of the families",
        ),
        ({"max_length": 21}, ModelFailed, "would drop 100% of its usable rows at max_length 21"),
        ({"number": 1}, ModelFailed, "1 usable rows of 130, fewer than the 2 of one step"),
    ],
)
def test_prompts_that_cannot_be_had_are_refused_before_training(
    started: Started, tmp_path: Path, settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        run(grpo, tmp_path, settings=SMALL | settings)
    assert not (tmp_path / "model").exists()


def test_prompts_that_leave_no_room_for_an_answer_are_counted(started: Started, tmp_path: Path) -> None:
    settings = SMALL | {"max_length": 22, "max_lost_share": 0.9, "number": None, "max_steps": 2}
    said = run(grpo, tmp_path, settings=settings)
    short = [problem for problem in started.problems if problem.split == "train" and len(problem.prompt) <= 5]
    assert said["rows"] == {
        "given": 130,
        "trained": len(short),
        "too_long": 100 - len(short),
        "unasked": 30,
        "gold_rejected": 0,
    }


def test_a_dataset_without_answers_cannot_be_verified(
    started: Started, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, GoldSolution, [gold("1+1=?", "A:2")])
    with pytest.raises(BadInput, match="gold_solutions@1 has no column 'answer'"):
        run(grpo, tmp_path, dataset=dataset, settings=SMALL)


def test_prompts_are_training_ones_each_once_and_more_of_them_move_none() -> None:
    rows: list[Any] = [
        {"prompt": f"{number % 8}=?", "answer": "1", "family": "a" if number % 2 else "b", "split": split}
        for number in range(16)
        for split in ("train", "evaluation")
    ]
    settings = OnlineSettings()
    found = chosen_rows(rows, settings, "d@1")
    assert len(found) == 8 and {row["split"] for row in found} == {"train"}
    assert (
        chosen_rows(rows[::-1], settings, "d@1") == found and chosen_rows(rows * 2, settings, "d@1") == found
    )
    some = [row["prompt"] for row in chosen_rows(rows[:14], settings, "d@1")]
    assert some == [row["prompt"] for row in found if row["prompt"] in some]
    of_family = chosen_rows(rows, OnlineSettings(families=("a",), number=2), "d@1")
    assert [row["family"] for row in of_family] == ["a", "a"]
    spoken: list[Any] = [
        {"prompt": "b", "messages": [{"role": "system", "content": system}, {"role": "user", "content": "b"}]}
        for system in ("a", "a", "c")
    ]
    assert len(chosen_rows(spoken, settings, "d@1")) == 2


def test_every_pass_has_each_prompt_once_and_steps_are_full() -> None:
    settings = OnlineSettings(batch_size=8, num_draws=4, num_epochs=3)
    places = prompt_order(5, settings)
    assert settings.iterations(5) == 8 and len(places) == 16
    assert sorted(places[:5]) == sorted(places[5:10]) == sorted(places[10:15]) == list(range(5))
    assert places[:5] != places[5:10] and places == prompt_order(5, settings)
    assert places != prompt_order(5, settings.model_copy(update={"seed": 1}))
    assert settings.model_copy(update={"max_steps": 3}).iterations(5) == 3


def test_groups_are_alike_where_all_rewards_are_equal() -> None:
    assert alike([1, 1, 0, 1, None, None], 2) == pytest.approx(2 / 3)
    logged: dict[str, float | None] = {
        "reward": 1.0,
        "frac_reward_zero_std": 0.0,
        "groups_alike": 0.5,
        "rewards/reward/mean": 1.0,
    }
    assert with_our_names([logged | {"lost": None, "clip_ratio/low_mean": 0.0}]) == [
        {"reward": 1.0, "frac_reward_zero_std": 0.5}
    ]


def test_trl_loads_no_vllm_into_the_trainers_process() -> None:
    # loading it takes ten seconds, initialises a GPU, and warns of releases that TRL was not tried with
    code = (
        "import sys; from training.online.trainer import _leave_vllm_out; _leave_vllm_out(); "
        "import trl.trainer.grpo_trainer, trl.trainer.rloo_trainer; sys.exit('vllm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
