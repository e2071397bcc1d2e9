"""Settings of process reward models."""

from typing import Literal

from pydantic import Field

from training.settings.learning import MeasuredSettings


class ProcessRewardSettings(MeasuredSettings):
    """A process reward model: which labels of the steps it learns."""

    target: Literal["hard", "soft"] = Field(
        "hard", description="The thresholded label, or the accepted share of the rollouts"
    )
    use_implied: bool = Field(False, description="Learn also labels that the measured ones imply")
