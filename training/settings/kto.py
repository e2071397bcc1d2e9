"""Settings of Kahneman-Tversky optimisation."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from training.settings.learning import TrainingSettings


class KtoSettings(TrainingSettings):
    """Kahneman-Tversky optimisation (Ethayarajh et al. 2024).

    ``beta`` holds the policy to its reference. Without a ``desirable_weight`` all desirable completions
    together count for 4/3 of the undesirable ones, which is as far as the authors go (equation 8): where they
    count for less, all that both share is unlearned.
    """

    fewest_at_once: ClassVar[int] = 2
    takes_reference: ClassVar[bool] = True

    beta: float = Field(0.1, gt=0)
    desirable_weight: float | None = Field(None, gt=0, description="Weight of a desirable completion")
    undesirable_weight: float = Field(1.0, gt=0, description="Weight of an undesirable completion")

    @property
    def has_reference(self) -> bool:
        """The base or the model that was named."""
        return True

    @model_validator(mode="after")
    def _batches_have_two(self) -> Self:
        if self.batch_size == 1:
            raise ValueError(
                "batch_size 1 leaves KTO no other completion to estimate the KL divergence from: take at "
                "least 2, and 8 or more where memory allows"
            )
        return self
