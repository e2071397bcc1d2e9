"""Settings of supervised fine-tuning."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from training.settings.learning import InputWeight, TrainingSettings


class SftSettings(TrainingSettings):
    """Supervised fine-tuning.

    ``loss_on`` is the completion, or every turn of the assistant, which needs a chat template that marks
    them (`{% generation %}`). Rows of the replay dataset are mixed in until they are ``replay_share`` of all
    tokens, so that the policy does not forget what the base could do (Ouyang et al. 2022, section 3.5, mix in
    gradients of pretraining for the same reason).
    """

    loss_on: Literal["completion", "assistant"] = "completion"
    replay_share: float = Field(0.0, ge=0, le=0.9, description="Share of tokens that is replayed")

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """Replayed rows, by their share of all tokens."""
        return {"replay": InputWeight("replay_share", self.replay_share)}
