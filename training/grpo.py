"""Group relative policy optimisation on a policy's own samples: python -m training.grpo --config run.json."""

from pathlib import Path

from training.online.trainer import learn_online
from training.running.process import Report
from training.running.protocols import MakeTrainer
from training.running.run import main
from training.settings.grpo import GrpoSettings
from training.settings.run import RunConfig


def grpo(path: Path, report: Report) -> None:
    """Train by how much better each sample is than the others for its prompt (Shao et al. 2024, section 4.1).

    Each step learns once from its own samples, so that no ratio is ever clipped, as in the paper's runs.
    """
    learn_online("grpo", RunConfig[GrpoSettings], path, report, _trainer, corrects=True)


def _trainer(settings: GrpoSettings, arguments: dict[str, object]) -> tuple[MakeTrainer, object]:
    from trl import GRPOConfig, GRPOTrainer

    scaled = "group" if settings.scale_rewards else "none"
    return GRPOTrainer, GRPOConfig(
        trust_remote_code=False, loss_type=settings.loss, scale_rewards=scaled, **arguments
    )


if __name__ == "__main__":
    main(grpo, __doc__)
