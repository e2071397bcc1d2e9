"""REINFORCE with leave-one-out baselines on own samples: python -m training.rloo --config run.json."""

from pathlib import Path

from training.online.trainer import learn_online
from training.running.process import Report
from training.running.protocols import MakeTrainer
from training.running.run import main
from training.settings.rloo import RlooSettings
from training.settings.run import RunConfig


def rloo(path: Path, report: Report) -> None:
    """Train by how much better each sample is than the mean of the others for its prompt.

    The divergence from the base is taken off the reward of the whole completion, which is one action
    (Ahmadian et al. 2024, section 3). Each step learns once from its own samples.
    """
    learn_online("rloo", RunConfig[RlooSettings], path, report, _trainer)


def _trainer(settings: RlooSettings, arguments: dict[str, object]) -> tuple[MakeTrainer, object]:
    from trl import RLOOConfig, RLOOTrainer

    return RLOOTrainer, RLOOConfig(trust_remote_code=False, **arguments)


if __name__ == "__main__":
    main(rloo, __doc__)
