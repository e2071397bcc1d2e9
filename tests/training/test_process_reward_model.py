"""A process reward model learns the labels of steps, at the steps' last tokens and nowhere else."""

import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.prm import StepLabels, biases_shares
from datasets_registry.rows.rft import GoldSolution
from generation.models.folder import fingerprint, validated_folder
from generation.request import Message
from generation.scoring.steps import Stepped, StepScorer, step_tokens
from methods.prm.settings import StepLabelSettings
from tests.loaded import base_of
from tests.training.runs import commit, gold, labelled, manifest, newest_checkpoint, write
from training.data.steps import StepCollator, step_example, step_loss, step_targets
from training.process_reward_model import process_reward_model, step_figures
from training.settings.process_reward_model import ProcessRewardSettings

SETTINGS = {
    "learning_rate": 2e-3,
    "max_steps": 60,
    "min_steps": 1,
    "batch_size": 16,
    "max_length": 64,
    "held_out_share": 0.2,
    "lora_rank": None,
}


def sevens(count: int) -> list[StepLabels]:
    """Solutions of three steps, of which those with a seven are wrong; one in five is not measured."""
    draw = random.Random(0)
    rows = []
    for number in range(count):
        steps = ["".join(draw.choice("0123456789=+7") for _ in range(4)) for _ in range(3)]
        labels = [None if draw.random() < 0.2 else "7" not in step for step in steps]
        rows.append(labelled(number, steps, labels))
    return rows


@pytest.mark.parametrize("rank", [None, 16])
def test_it_tells_right_steps_from_wrong_ones_of_problems_held_out(
    lab: Path, registry: Registry, tmp_path: Path, rank: int | None
) -> None:
    rows = [*sevens(240), labelled(900, ["1"], [None]), labelled(901, ["1" * 70], [True])]
    # an adapter on random weights has less to learn with
    settings = {**SETTINGS, **({} if rank is None else {"learning_rate": 1e-2, "max_steps": 20})}
    dataset = commit(registry, StepLabels, rows)
    process_reward_model(
        write(tmp_path, dataset, settings={**settings, "lora_rank": rank}, system_text=None), lambda _: None
    )
    folder, said = validated_folder(tmp_path / "model"), manifest(tmp_path)
    counted = said["rows"]
    assert counted["given"] == 242 and counted["too_long"] == 1 and counted["unlabelled"] >= 1
    assert sum(counted.values()) == 2 * counted["given"]
    assert said["fingerprint"] == fingerprint(folder)
    metrics = said["metrics"]
    assert {f"held_out_accuracy_step_{number}" for number in (1, 2, 3)} <= metrics.keys()
    if rank is None:
        assert metrics["held_out_balanced_accuracy"] > 0.9 and metrics["held_out_accuracy"] > 0.9
        (scores,) = StepScorer(folder, base_of(folder)).scores(
            [Stepped((Message(role="user", content="5=?"),), ("1234", "1237", "4561"), "\n")]
        )
        assert scores is not None
        assert scores[0] > 0.5 > scores[1] and scores[2] > 0.5
    else:
        assert (folder / "adapter").exists() and metrics["loss"] < said["loss"][0][1]


def test_only_the_ends_of_labelled_steps_count(lab_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(lab_model)
    solution = Stepped((Message(role="user", content="1=?"),), ("1+2=3", "4", "5=5"), "\n")
    found = step_example(step_tokens(tokenizer, solution), [1.0, None, 0.25])
    text = "1=?<answer>1+2=3\n4\n5=5\n"
    assert tokenizer.decode(found["input_ids"]) == text
    # the answer's mark is one token
    first, third = 3 + 1 + 4, 3 + 1 + 5 + 1 + 1 + 1 + 2
    assert [position for position, counts in enumerate(found["counts"]) if counts] == [first, third]
    assert (found["targets"][first], found["targets"][third]) == (1.0, 0.25)
    assert sum(found["targets"]) == 1.25 and len(found["targets"]) == len(found["input_ids"])


def test_a_batch_has_float_targets_and_a_mask_apart() -> None:
    batch = StepCollator(16)(
        [
            {"input_ids": [1, 2, 3], "targets": [0.0, 1.0, 0.0], "counts": [False, True, True]},
            {"input_ids": [4], "targets": [0.5], "counts": [True]},
        ]
    )
    assert batch["targets"].dtype == torch.float32 and batch["counts"].dtype == torch.bool
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 16, 16]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["counts"].tolist() == [[False, True, True], [True, False, False]]
    assert batch["targets"].min() >= 0 and batch["targets"].max() <= 1


def test_the_loss_is_the_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[[0.0, 2.0], [5.0, -5.0], [1.0, 0.0]]], requires_grad=True)
    targets = torch.tensor([[0.75, 1.0, 0.0]])
    counts = torch.tensor([[True, False, True]])
    loss = step_loss(logits, targets, counts)
    first = -(0.75 * math.log(1 / (1 + math.exp(-2))) + 0.25 * math.log(1 / (1 + math.exp(2))))
    third = -math.log(1 / (1 + math.exp(-1)))
    assert loss.item() == pytest.approx((first + third) / 2, abs=1e-6)
    torch.autograd.backward(loss)
    assert logits.grad is not None and (logits.grad[0, 1] == 0).all() and (logits.grad[0, 0] != 0).all()


def test_targets_are_measured_labels_and_implied_ones_only_if_asked() -> None:
    row: Any = labelled(
        0,
        ["a", "b", "c", "d"],
        [True, False, None, None],
        implied=[None, None, False, None],
        soft=[0.75, 0.0, None, None],
    ).model_dump()
    assert step_targets(row, ProcessRewardSettings()) == [1.0, 0.0, None, None]
    assert step_targets(row, ProcessRewardSettings(use_implied=True)) == [1.0, 0.0, 0.0, None]
    assert step_targets(row, ProcessRewardSettings(target="soft")) == [0.75, 0.0, None, None]
    assert step_targets(row, ProcessRewardSettings(target="soft", use_implied=True)) == [0.75, 0.0, 0.0, None]


def test_soft_targets_are_learned_as_probabilities(lab: Path, registry: Registry, tmp_path: Path) -> None:
    rows = [labelled(number, ["12", "3"], [True, None], soft=[0.75, None]) for number in range(32)]
    settings = {**SETTINGS, "target": "soft", "max_steps": 25, "held_out_share": 0}
    dataset = commit(registry, StepLabels, rows)
    process_reward_model(write(tmp_path, dataset, settings=settings, system_text=None), lambda _: None)
    (scores,) = StepScorer(tmp_path / "model", base_of(tmp_path / "model")).scores(
        [Stepped((Message(role="user", content="5=?"),), ("12",), "\n")]
    )
    assert scores == pytest.approx([0.75], abs=0.1)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert manifest(tmp_path)["metrics"]["loss"] == pytest.approx(entropy, abs=0.05)


@pytest.mark.parametrize(
    "rule", [{}, {"confirm": 0}, {"early_stop": "none"}, {"early_stop": "first_success", "threshold": 0}]
)
def test_soft_targets_refuse_shares_that_their_rule_biases(
    rule: dict[str, Any], lab: Path, registry: Registry, tmp_path: Path
) -> None:
    biased = StepLabelSettings.model_validate(rule).rule
    rows = [labelled(0, ["12", "3"], [True, None]), labelled(1, ["12", "3"], [True, None], method=biased)]
    dataset = commit(registry, StepLabels, rows)
    path = write(tmp_path, dataset, settings={**SETTINGS, "target": "soft"}, system_text=None)
    with pytest.raises(BadInput, match=f"the rule '{biased}' biases those of 1 of 2 rows: .* 'none'"):
        process_reward_model(path, lambda _: None)


def test_a_fixed_number_of_rollouts_biases_no_share() -> None:
    fixed = [StepLabelSettings(method=one, early_stop="none", confirm=0) for one in ("exhaustive", "bisect")]
    assert not any(biases_shares(settings.rule) for settings in fixed)


def test_a_killed_run_goes_on_from_its_checkpoint_to_the_same_weights(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, StepLabels, sevens(40))
    settings = {**SETTINGS, "max_steps": 6, "batch_size": 4}
    whole, broken = (
        write(tmp_path / name, dataset, settings=settings, system_text=None, checkpoint_minutes=0)
        for name in ("whole", "broken")
    )
    process_reward_model(whole, lambda _: None)
    process_reward_model(broken, lambda _: None)
    shutil.rmtree(tmp_path / "broken" / "model")
    newest = newest_checkpoint(tmp_path / "broken")
    (newest / "trainer_state.json").write_text('{"cut short')
    lines: list[str] = []
    process_reward_model(broken, lines.append)
    assert any("resumed from checkpoint-5" in line for line in lines)
    assert fingerprint(tmp_path / "broken" / "model") == fingerprint(tmp_path / "whole" / "model")


def test_bad_datasets_are_refused_in_words(lab: Path, registry: Registry, tmp_path: Path) -> None:
    none = commit(registry, StepLabels, [labelled(number, ["1"], [None]) for number in range(4)])
    with pytest.raises(ModelFailed, match="gives 0 usable rows of 4, fewer than the 16 of one step"):
        process_reward_model(write(tmp_path, none, settings=SETTINGS, system_text=None), lambda _: None)
    other = commit(registry, GoldSolution, [gold("1=?", "1")])
    with pytest.raises(BadInput, match="gold_solutions@1 has no column 'completions'"):
        process_reward_model(write(tmp_path, other, settings=SETTINGS), lambda _: None)
    assert not (tmp_path / "model").exists()


def test_figures_by_hand() -> None:
    scores = [[0.9, 0.2, 0.6], [0.8, 0.7]]
    labels: list[list[bool | None]] = [[True, False, None], [True, False]]
    assert step_figures(scores, labels) == {
        "num_steps": 4.0,
        "share_right": 0.5,
        "accuracy": 0.75,
        "balanced_accuracy": 0.75,
        "accuracy_step_1": 1.0,
        "accuracy_step_2": 0.5,
    }
    assert "balanced_accuracy" not in step_figures([[0.9]], [[True]])
    assert step_figures([[0.9]], [[None]]) == {}
