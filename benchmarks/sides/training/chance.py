"""An online trainer whose samples are rewarded by chance: what it gains then, no reward has taught."""

import random
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from methods.verifiers.contract import Verification, Verify
from training.data.prompts import OnlineRun
from training.online.rewards import Rewards
from training.running.process import Report

Trainer = Callable[[Path, Report], None]
# where trainers look for their rewards
_OPENED_BY = ("training.online.trainer", "training.ppo.__main__")


def rewarded_by_chance(trainer: Trainer, share: float, seed: int) -> Trainer:
    """``trainer`` by another name, which accepts a ``share`` of all finished samples, whatever they say."""

    def by_chance(path: Path, report: Report) -> None:
        def rewards(run: OnlineRun) -> Rewards:
            return Rewards(run.settings.rewards, verify=coin(share, seed))

        first, second = (patch(f"{module}.open_rewards", rewards) for module in _OPENED_BY)
        with first, second:
            trainer(path, report)

    by_chance.__name__ = f"{trainer.__name__}_by_chance"
    return by_chance


def coin(share: float, seed: int) -> Verify:
    """A verifier that accepts a ``share`` of all completions, by chance."""
    generator = random.Random(seed)

    def verify(completion: str, gold: str) -> Verification:
        return Verification(generator.random() < share, None, None)

    return verify
