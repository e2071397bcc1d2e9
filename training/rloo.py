"""REINFORCE, leave-one-out baselines, on a policy's own draws: python -m training.rloo --config run.json."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.online.trainer import learn_online
from training.running.run import main
from training.settings.rloo import RlooSettings


def rloo(path: Path, report: Callable[[str], None]) -> None:
    """Train by how much better each draw is than the mean of the others for its prompt.

    The divergence from the base is taken off the reward of the whole answer, which is one action (Ahmadian
    et al. 2024, section 3). Each step learns once from its own draws.
    """
    learn_online("rloo", RlooSettings, path, report, _chosen)


def _chosen(settings: RlooSettings, arguments: dict[str, Any]) -> tuple[Any, Any]:
    from trl import RLOOConfig, RLOOTrainer

    return RLOOTrainer, RLOOConfig(**arguments)


if __name__ == "__main__":
    main(rloo, __doc__)
