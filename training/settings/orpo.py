"""Settings of odds-ratio preference optimisation."""

from pydantic import Field

from training.settings.learning import TrainingSettings


class OrpoSettings(TrainingSettings):
    """Odds-ratio preference optimisation (Hong et al. 2024).

    ``beta`` (their λ) weighs the odds ratio against the loss of the chosen completions.
    """

    beta: float = Field(0.1, gt=0)
