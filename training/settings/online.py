"""Settings that online trainers share: those that learn from the policy's own samples."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.settings import Distinct, Settings
from generation.scoring.combination import Combination
from generation.scoring.ensembles import Combine
from training.settings.learning import InputWeight, TrainingSettings


class RewardMix(Settings):
    """The weights of the parts of a reward.

    ``verifier`` weighs 1 for an accepted sample and 0 for another; ``reward_models`` weighs their score, in
    standard deviations of each model's held-out scores. ``combine`` makes one score of several: their mean,
    the worst, or the mean less ``variance_weight`` times their variance (Coste et al. 2023, section 3).
    ``combination`` makes one score of those of several signals, each of which has a reward model.
    """

    verifier: float = Field(1.0, ge=0)
    reward_models: float = Field(0.0, ge=0)
    combine: Combine = "mean"
    variance_weight: float = Field(0.0, ge=0)
    # left out where it is not set, so that what was made without it is still the same
    combination: Combination | None = Field(None, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _combines_once(self) -> Self:
        if self.combination is not None and {"combine", "variance_weight"} & self.model_fields_set:
            raise ValueError(
                "combine and variance_weight are of models of one signal, and combination of several "
                "signals: give one of both"
            )
        return self

    @model_validator(mode="after")
    def _rewards_something(self) -> Self:
        if not self.verifier + self.reward_models:
            raise ValueError(
                "rewards.verifier and rewards.reward_models are both 0: give one of them a weight"
            )
        if (self.combine == "mean_minus_variance") != (self.variance_weight > 0):
            raise ValueError(
                "combine = 'mean_minus_variance' and a variance_weight above 0 go together: give both, or "
                "neither"
            )
        return self


class OnlineSettings(TrainingSettings):
    """Settings that GRPO, RLOO and PPO share.

    A step takes ``num_draws`` samples for each of its prompts, and ``batch_size`` counts samples, not
    prompts. A prompt and a sample have ``max_length`` tokens together, ``max_completion_length`` of them
    the sample's; longer prompts are left out. ``beta`` weighs the divergence from the base. ``families``
    limits problems to those families. ``number`` prompts of the dataset are chosen; None takes all.

    ``sampler`` is what draws the samples: `transformers` in the trainer's own process, or `vllm` in an engine
    beside it, which serves the adapter as it is at each step. Both draw from the same distribution with other
    noise, so that a run learns from other samples: it is part of the model's version.
    """

    learning_rate: float = Field(1e-5, gt=0)
    batch_size: int = Field(32, ge=1, description="Samples of a backward pass")
    num_draws: int = Field(8, ge=1, description="Samples for each prompt of a step")
    max_completion_length: int = Field(256, ge=1)
    temperature: float = Field(1.0, gt=0, le=2)
    beta: float = Field(0.05, ge=0, description="Weight of the divergence from the base")
    families: Annotated[tuple[str, ...], Distinct] = ()
    number: int | None = Field(None, ge=1, description="Prompts to sample for; None takes all")
    rewards: RewardMix = RewardMix()
    sampler: Literal["transformers", "vllm"] = Field("transformers", description="What draws the samples")

    @property
    def has_reference(self) -> bool:
        """The base, unless its distance weighs nothing."""
        return self.beta > 0

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """The verifier and the reward models, by their weights in the reward."""
        return {
            "verifier": InputWeight("rewards.verifier", self.rewards.verifier),
            "reward_models": InputWeight("rewards.reward_models", self.rewards.reward_models),
        }

    @property
    def rows_per_step(self) -> int:
        """Prompts of a step."""
        return self.effective_batch // self.num_draws

    def iterations(self, num_rows: int) -> int:
        """Steps of the run; a last one that is not full is made up from the next pass over the prompts."""
        if self.max_steps is not None:
            return self.max_steps
        return max(1, math.ceil(self.num_epochs * num_rows / self.rows_per_step))

    @model_validator(mode="after")
    def _engine_serves_an_adapter(self) -> Self:
        if self.sampler == "vllm" and self.lora_rank is None:
            raise ValueError(
                "sampler = 'vllm' serves the adapter that is trained, and lora_rank = 'none' trains all "
                "weights: set lora_rank, or take sampler = 'transformers'"
            )
        return self

    @model_validator(mode="after")
    def _samples_fit(self) -> Self:
        if self.effective_batch % self.num_draws:
            raise ValueError(
                f"batch_size {self.batch_size} × gradient_accumulation {self.gradient_accumulation} samples "
                f"are not whole groups of num_draws {self.num_draws}: make their product a multiple of it"
            )
        if self.max_completion_length >= self.max_length:
            raise ValueError(
                f"max_completion_length {self.max_completion_length} leaves no room for a prompt within "
                f"max_length {self.max_length}: raise max_length, which counts both"
            )
        return self


def samples_by_vllm(settings: TrainingSettings) -> bool:
    """Whether a run of these settings draws its samples by vLLM."""
    return isinstance(settings, OnlineSettings) and settings.sampler == "vllm"


class GroupSettings(OnlineSettings):
    """Settings of trainers that compare the samples of one prompt, so that there must be at least two."""

    num_draws: int = Field(8, ge=2, description="Samples for each prompt of a step")
