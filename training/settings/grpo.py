"""Settings of group relative policy optimisation."""

from typing import Literal

from pydantic import Field

from training.settings.online import GroupSettings


class GrpoSettings(GroupSettings):
    """Group relative policy optimisation (Shao et al. 2024).

    ``loss`` is `grpo`, the paper's, in which each sample counts alike; `dapo`, in which each token of a
    step does (Yu et al. 2025); or `dr_grpo`, which divides by a constant (Liu et al. 2025). Those authors
    leave ``scale_rewards`` out, the division by a group's standard deviation.
    """

    beta: float = Field(0.04, ge=0, description="Weight of the divergence from the base, in the loss")
    loss: Literal["grpo", "dapo", "dr_grpo"] = "grpo"
    scale_rewards: bool = True
