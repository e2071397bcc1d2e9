"""Settings of supervised fine-tuning."""

from typing import Literal

from training.settings.learning import ReplayingSettings


class SftSettings(ReplayingSettings):
    """Supervised fine-tuning.

    ``loss_on`` is the completion, or every turn of the assistant, which needs a chat template that marks
    them (`{% generation %}`).
    """

    loss_on: Literal["completion", "assistant"] = "completion"
