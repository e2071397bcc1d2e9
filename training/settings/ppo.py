"""Settings of proximal policy optimisation."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from training.settings.online import OnlineSettings


class PpoSettings(OnlineSettings):
    """Proximal policy optimisation (Schulman et al. 2017, algorithm 1).

    An iteration samples a batch and learns from it ``ppo_epochs`` times. Each pass makes ``minibatches``
    updates of policy and critic, each on an equal share of the iteration's samples, in micro-batches of
    ``batch_size``. ``max_steps`` counts iterations, and ``min_steps`` updates.
    """

    several_processes: ClassVar[bool] = False

    num_draws: int = Field(1, ge=1, description="Samples for each prompt of an iteration")
    ppo_epochs: int = Field(4, ge=1, description="Passes over a batch of samples")
    minibatches: int = Field(1, ge=1, description="Updates in each pass")
    clip_range: float = Field(0.2, gt=0, lt=1, description="How far a token's ratio may move in an iteration")
    value_clip_range: float = Field(0.2, gt=0, description="How far a value may move in an iteration")
    gae_lambda: float = Field(
        0.95, ge=0, le=1, description="1 trusts the rewards that followed, 0 the critic"
    )
    critic: Literal["base", "reward_model"] = Field("base", description="The model the critic starts from")
    critic_learning_rate: float | None = Field(None, gt=0, description="If not the policy's")
    missing_eos_penalty: float = Field(0.0, ge=0, description="Taken off the score of a sample that was cut")

    @property
    def has_reference(self) -> bool:
        """The base, whose distance is measured also where it weighs nothing."""
        return True

    @property
    def num_updates(self) -> int:
        """Updates of an iteration."""
        return self.ppo_epochs * self.minibatches

    def optimizer_steps(self, iterations: int) -> int:
        """Updates in so many iterations."""
        return iterations * self.num_updates

    @model_validator(mode="after")
    def _critic_is_there(self) -> Self:
        if self.critic == "reward_model" and not self.rewards.reward_models:
            raise ValueError(
                "critic = 'reward_model' starts from the first reward model, but rewards.reward_models is 0: "
                "give it a weight, or take critic = 'base'"
            )
        if self.critic == "reward_model" and self.rewards.combination:
            raise ValueError(
                "critic = 'reward_model' starts from one reward model, and rewards.combination makes the "
                "reward of several: take critic = 'base'"
            )
        return self

    @model_validator(mode="after")
    def _minibatches_divide(self) -> Self:
        if self.gradient_accumulation % self.minibatches:
            raise ValueError(
                f"the {self.gradient_accumulation} micro-batches of an iteration (gradient_accumulation) are "
                f"not {self.minibatches} equal minibatches: make it a multiple of minibatches"
            )
        return self
