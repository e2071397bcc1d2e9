"""What trainers that learn from their own draws are told: GRPO, RLOO and, over the same ground, PPO."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.settings import Settings
from generation.scoring.ensembles import Combine
from training.settings.learning import InputWeight, TrainingSettings


class RewardMix(Settings):
    """The weights of what a reward is made of.

    ``verifier`` pays 1 for an accepted draw, ``reward_models`` their score, in standard deviations of each
    model's held-out scores. ``combine`` says how several make one: their mean, the worst, or the mean less
    ``variance_weight`` times their variance (Coste et al. 2023, section 3).
    """

    verifier: float = Field(1.0, ge=0)
    reward_models: float = Field(0.0, ge=0)
    combine: Combine = "mean"
    variance_weight: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _pays_for_something(self) -> "RewardMix":
        if not self.verifier + self.reward_models:
            raise ValueError(
                "rewards.verifier and rewards.reward_models are both 0: give one of them a weight"
            )
        if (self.combine == "mean_minus_variance") != (self.variance_weight > 0):
            raise ValueError("combine = 'mean_minus_variance' and a variance_weight above 0 go together")
        return self


class OnlineSettings(TrainingSettings):
    """And what GRPO, RLOO and PPO need besides.

    A step draws ``num_draws`` answers for each of its prompts, and ``batch_size`` counts answers, not
    prompts. A prompt and an answer have ``max_length`` tokens together, ``max_completion_length`` of them
    the answer's; longer prompts are left out. ``beta`` weighs the divergence from the base. Of problems
    ``number`` of ``families`` are drawn by content, of any other dataset ``number`` prompts; None takes all.
    """

    learning_rate: float = Field(1e-5, gt=0)
    batch_size: int = Field(32, ge=1, description="Answers of a backward pass")
    num_draws: int = Field(8, ge=1, description="Answers drawn for each prompt of a step")
    max_completion_length: int = Field(256, ge=1)
    temperature: float = Field(1.0, gt=0, le=2)
    beta: float = Field(0.05, ge=0, description="Weight of the divergence from the base")
    families: tuple[str, ...] = ()
    number: int | None = Field(None, ge=1, description="Prompts that are drawn for; None takes all")
    rewards: RewardMix = RewardMix()

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """The verifier and the reward models, by their weights in the reward."""
        return {
            "verifier": InputWeight("rewards.verifier", self.rewards.verifier),
            "reward_models": InputWeight("rewards.reward_models", self.rewards.reward_models),
        }

    @property
    def num_drawn(self) -> int:
        """Answers of a step."""
        return self.batch_size * self.gradient_accumulation

    @property
    def rows_per_step(self) -> int:
        """Prompts of a step."""
        return self.num_drawn // self.num_draws

    @model_validator(mode="after")
    def _draws_fit(self) -> "OnlineSettings":
        if self.num_drawn % self.num_draws:
            raise ValueError(
                f"batch_size {self.batch_size} × gradient_accumulation {self.gradient_accumulation} answers "
                f"are no whole groups of num_draws {self.num_draws}: make their product a multiple of it"
            )
        if self.max_completion_length >= self.max_length:
            raise ValueError(
                f"max_completion_length {self.max_completion_length} leaves no room for a prompt within "
                f"max_length {self.max_length}: raise max_length, which counts both"
            )
        return self


class GroupSettings(OnlineSettings):
    """Settings of trainers that compare the draws of one prompt, of which there must be two at least."""

    num_draws: int = Field(8, ge=2, description="Answers drawn for each prompt of a step")


class GrpoSettings(GroupSettings):
    """And what GRPO needs besides (Shao et al. 2024).

    ``loss`` is `grpo`, the paper's, in which each answer counts alike; `dapo`, in which each token of a
    step does (Yu et al. 2025); or `dr_grpo`, which divides by a constant (Liu et al. 2025). Those authors
    leave ``scale_rewards`` out, the division by a group's standard deviation.
    """

    beta: float = Field(0.04, ge=0, description="Weight of the divergence from the base, in the loss")
    loss: Literal["grpo", "dapo", "dr_grpo"] = "grpo"
    scale_rewards: bool = True


class RlooSettings(GroupSettings):
    """And what RLOO needs besides (Ahmadian et al. 2024), which is nothing: ``beta`` is in the reward."""

    num_draws: int = Field(4, ge=2, description="Answers drawn for each prompt of a step")
