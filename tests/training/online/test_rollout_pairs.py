"""Trainers on pairs learn from pairs of rollouts, and leave out the groups that gave none."""

from pathlib import Path

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.rollouts import RolloutPair
from tests.rows import make
from tests.training.runs import SETTINGS, commit, manifest, write
from training.dpo import dpo
from training.reward_model import reward_model
from training.running.run import Work

NO_PAIR = {"chosen": None, "rejected": None, "score_chosen": None, "score_rejected": None}


@pytest.mark.parametrize("trainer", [dpo, reward_model])
def test_pairs_are_learned_and_ties_are_counted(
    base: Path, registry: Registry, tmp_path: Path, trainer: Work
) -> None:
    pairs = [make(RolloutPair, f"p{step}", step=step) for step in range(8)]
    ties = [make(RolloutPair, f"t{step}", step=step, label="tie", **NO_PAIR) for step in range(10, 13)]
    dataset = commit(registry, RolloutPair, [*pairs, *ties])
    settings = SETTINGS | {"num_epochs": 2}
    trainer(write(tmp_path, dataset, settings=settings), lambda _: None)
    rows = manifest(tmp_path)["rows"]
    assert (rows["given"], rows["unlabelled"]) == (11, 3)
    assert rows["trained"] == 8 if trainer is dpo else rows["trained"] < 8
