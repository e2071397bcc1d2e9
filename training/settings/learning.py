"""Settings that all trainers share: frozen, and part of the model's version."""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator

from datasets_registry.settings import Settings


class InputWeight(NamedTuple):
    """How much an input of the run counts, and the setting that says so; 0 means that it is not given."""

    setting: str
    value: float


class TrainingSettings(Settings):
    """Settings that every trainer shares.

    ``dtype`` is that of the forward passes and of the saved weights: `auto` is bfloat16 on a GPU and float32
    elsewhere. A run that would drop more than ``max_lost_share`` of its usable rows because of ``max_length``
    is refused before it begins.
    """

    # whether processes can share a run
    several_processes: ClassVar[bool] = True

    learning_rate: float = Field(1e-4, gt=0)
    num_epochs: float = Field(1.0, gt=0)
    batch_size: int = Field(8, ge=1)
    gradient_accumulation: int = Field(1, ge=1)
    max_length: int = Field(1024, ge=8)
    max_lost_share: float = Field(
        0.2, ge=0, le=1, description="Share of rows that may be longer than max_length"
    )
    max_steps: int | None = Field(None, ge=1, description="Steps of the run, in place of num_epochs")
    lora_rank: int | None = Field(
        16, ge=1, description="Rank of the adapter; `none` (or null) trains all weights"
    )
    lora_alpha: int = Field(32, ge=1)
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    warmup_share: float = Field(0.1, ge=0, lt=1)
    system_prompt: str | None = None
    seed: int = 0

    @property
    def rows_per_step(self) -> int:
        """The fewest rows that make a step."""
        return self.batch_size

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """The inputs that the trainer takes besides base and dataset: replay, reward_models or verifier."""
        return {}

    @field_validator("lora_rank", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        # TOML has no null
        return None if value == "none" else value


class MeasuredSettings(TrainingSettings):
    """Settings of models that score, which are measured on problems held out from training."""

    held_out_share: float = Field(
        0.1, ge=0, lt=1, description="Share of split groups that is measured and not trained on"
    )
