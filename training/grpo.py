"""Group relative policy optimisation on a policy's own draws: python -m training.grpo --config run.json."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.online.trainer import learn_online
from training.running.run import main
from training.settings.grpo import GrpoSettings


def grpo(path: Path, report: Callable[[str], None]) -> None:
    """Train by how much better each draw is than the others for its prompt (Shao et al. 2024, section 4.1).

    Each step learns once from its own draws, so that no ratio is ever clipped, as in the paper's runs.
    """
    learn_online("grpo", GrpoSettings, path, report, _chosen)


def _chosen(settings: GrpoSettings, arguments: dict[str, Any]) -> tuple[Any, Any]:
    from trl import GRPOConfig, GRPOTrainer

    scaled = "group" if settings.scale_rewards else "none"
    return GRPOTrainer, GRPOConfig(loss_type=settings.loss, scale_rewards=scaled, **arguments)


if __name__ == "__main__":
    main(grpo, __doc__)
