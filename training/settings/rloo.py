"""Settings of REINFORCE with leave-one-out baselines."""

from pydantic import Field

from training.settings.online import GroupSettings


class RlooSettings(GroupSettings):
    """REINFORCE with leave-one-out baselines (Ahmadian et al. 2024); ``beta`` counts in the reward."""

    num_draws: int = Field(4, ge=2, description="Samples for each prompt of a step")
