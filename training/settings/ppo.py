"""What PPO is told of learning besides what all trainers that draw are."""

from typing import Literal

from pydantic import Field, model_validator

from training.settings.online import OnlineSettings


class PpoSettings(OnlineSettings):
    """A step draws a batch and learns from it ``ppo_epochs`` times (Schulman et al. 2017, algorithm 1).

    Each pass makes ``minibatches`` updates of policy and critic, each on as many of the step's draws, in
    micro-batches of ``batch_size``. ``max_steps`` counts steps.
    """

    num_draws: int = Field(1, ge=1, description="Answers drawn for each prompt of a step")
    ppo_epochs: int = Field(4, ge=1, description="Passes over a batch of draws")
    minibatches: int = Field(1, ge=1, description="Updates in each pass")
    clip_range: float = Field(0.2, gt=0, lt=1, description="How far a token's ratio may move in a step")
    value_clip_range: float = Field(0.2, gt=0, description="How far a value may move in a step")
    gae_lambda: float = Field(0.95, ge=0, le=1, description="1 trusts what was reached, 0 the critic")
    critic: Literal["base", "reward_model"] = Field("base", description="What the critic starts from")
    critic_learning_rate: float | None = Field(None, gt=0, description="Where it is not the policy's")
    missing_eos_penalty: float = Field(0.0, ge=0, description="Taken from the score of a draw without an end")

    @property
    def num_updates(self) -> int:
        """Updates of a step."""
        return self.ppo_epochs * self.minibatches

    @model_validator(mode="after")
    def _critic_is_there(self) -> "PpoSettings":
        if self.critic == "reward_model" and not self.rewards.reward_models:
            raise ValueError(
                "critic = 'reward_model' starts from the first reward model, and rewards.reward_models "
                "weighs 0: give it a weight, or take critic = 'base'"
            )
        return self

    @model_validator(mode="after")
    def _minibatches_divide(self) -> "PpoSettings":
        if self.gradient_accumulation % self.minibatches:
            raise ValueError(
                f"the {self.gradient_accumulation} micro-batches of a step (gradient_accumulation) are not "
                f"{self.minibatches} equal minibatches: make it a multiple of minibatches"
            )
        return self
