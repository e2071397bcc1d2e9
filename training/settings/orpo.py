"""Settings of odds-ratio preference optimisation."""

from typing import ClassVar

from pydantic import Field

from training.settings.learning import TrainingSettings


class OrpoSettings(TrainingSettings):
    """Odds-ratio preference optimisation (Hong et al. 2024).

    ``beta`` (their λ) weighs the odds ratio against the loss of the chosen completions.
    """

    sequences: ClassVar[int] = 2
    has_whole_logits: ClassVar[bool] = True

    beta: float = Field(0.1, gt=0)
