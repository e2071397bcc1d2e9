"""Settings that all trainers share: frozen, and part of the model's version."""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from datasets_registry.settings import Seed, Settings
from training.settings.schedule import Schedule


class InputWeight(NamedTuple):
    """How much an input of the run counts, and the setting that says so; 0 means that it is not given."""

    setting: str
    value: float


class TrainingSettings(Settings):
    """Settings that every trainer shares.

    ``dtype`` is that of the forward passes and of the saved weights: `auto` is bfloat16 on a GPU and float32
    elsewhere. A run that would drop more than ``max_lost_share`` of its usable rows because of ``max_length``
    is refused before it begins, and so is one of fewer than ``min_steps`` steps, which changes no weight and
    so is no part of the model's version.
    """

    # whether processes can share a run
    several_processes: ClassVar[bool] = True
    # the fewest rows that a device can learn from at once
    fewest_at_once: ClassVar[int] = 1
    # whether there are rows and steps: what learns nothing has no dataset
    learns: ClassVar[bool] = True
    # whether the model that the loss compares with may be another than the base
    takes_reference: ClassVar[bool] = False
    # settings that only have a run refused
    not_content: ClassVar[frozenset[str]] = frozenset({"min_steps"})
    # what memory depends on: sequences that a row is read as, a score in place of words, and a loss that has
    # the logits of all tokens at once
    sequences: ClassVar[int] = 1
    scores: ClassVar[bool] = False
    has_whole_logits: ClassVar[bool] = False

    learning_rate: float = Field(1e-4, gt=0)
    num_epochs: float = Field(1.0, gt=0, le=10_000)
    batch_size: int = Field(8, ge=1)
    gradient_accumulation: int = Field(1, ge=1)
    max_length: int = Field(1024, ge=8)
    max_lost_share: float = Field(
        0.2, ge=0, le=1, description="Share of rows that may be longer than max_length"
    )
    max_steps: int | None = Field(None, ge=1, description="Steps of the run, in place of num_epochs")
    min_steps: int = Field(8, ge=1, description="A run of fewer steps of the optimiser is refused")
    lora_rank: int | None = Field(
        16, ge=1, description="Rank of the adapter; `none` (or null) trains all weights"
    )
    lora_alpha: int = Field(32, ge=1)
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    warmup_share: float = Field(0.1, ge=0, lt=1)
    system_prompt: str | None = None
    seed: Seed = 0

    @property
    def content(self) -> dict[str, JsonValue]:
        """The settings that decide the weights."""
        return self.model_dump(mode="json", exclude=set(self.not_content))

    @property
    def effective_batch(self) -> int:
        """Rows of a step, or samples, however many processes and passes share them."""
        return self.batch_size * self.gradient_accumulation

    @property
    def rows_per_step(self) -> int:
        """Rows of the dataset that make a step."""
        return self.effective_batch

    def iterations(self, num_rows: int) -> int:
        """Steps of the run on so many rows; an epoch's last one may have fewer rows."""
        if self.max_steps is not None:
            return self.max_steps
        return math.ceil(self.num_epochs * math.ceil(num_rows / self.rows_per_step))

    def optimizer_steps(self, iterations: int) -> int:
        """Steps of the optimiser in so many steps of the run."""
        return iterations

    def schedule(self, iterations: int) -> Schedule:
        """The schedule of so many steps of the run."""
        return Schedule(self.optimizer_steps(iterations), self.learning_rate, self.warmup_share)

    def lacks_rows(self, num_rows: int) -> bool:
        """Whether so many rows are too few for a run, of which more would not be."""
        if num_rows < self.rows_per_step:
            return True
        return self.max_steps is None and self.schedule(self.iterations(num_rows)).steps < self.min_steps

    def why_nothing_is_learned(self, num_rows: int) -> str | None:
        """Why a run on so many rows would learn next to nothing, and which number to change; or None."""
        schedule = self.schedule(self.iterations(num_rows))
        if schedule.steps < self.min_steps:
            return self._too_few(num_rows, schedule.steps)
        if schedule.warmup_steps < schedule.steps:
            return None
        return (
            f"warmup_share {self.warmup_share:g} warms up in all steps of the optimiser, which are "
            f"{schedule.steps}, the first of them at rate 0: lower it, or take more steps"
        )

    def _too_few(self, num_rows: int, steps: int) -> str:
        few = f"{steps} steps of the optimiser, fewer than min_steps {self.min_steps}"
        if self.max_steps is not None:
            return f"max_steps {self.max_steps} gives {few}: raise it, or lower min_steps if so few are meant"
        enough = math.ceil(self.num_epochs * self.min_steps / steps)
        return (
            f"{num_rows} rows, {self.rows_per_step} a step, give {few}: raise num_epochs from "
            f"{self.num_epochs:g} to {enough}, lower gradient_accumulation or batch_size, or add rows"
        )

    def rows_at_once(self, processes: int) -> int:
        """The rows that each of so many processes takes at once, so that together they make the same step.

        ``batch_size``, where ``gradient_accumulation`` divides by their number. Raises ValueError where they
        cannot share a step evenly.
        """
        each, rest = divmod(self.effective_batch, processes)
        if rest:
            raise ValueError(
                f"{processes} processes (launch) cannot share the {self.effective_batch} rows of a step "
                f"evenly, batch_size {self.batch_size} × gradient_accumulation {self.gradient_accumulation}: "
                f"make that a multiple of {processes}"
            )
        found = max(part for part in range(1, min(each, self.batch_size) + 1) if each % part == 0)
        if found < self.fewest_at_once:
            raise ValueError(
                f"{processes} processes (launch) would take {found} of {self.effective_batch} rows at once, "
                f"and this trainer needs {self.fewest_at_once}: raise batch_size, or take fewer processes"
            )
        return found

    @property
    def further_models(self) -> tuple[str, ...]:
        """The models that settings name besides the base."""
        return ()

    @property
    def has_reference(self) -> bool:
        """Whether the loss compares with a reference: the base once more where all weights are learned."""
        return False

    @property
    def share_brought_along(self) -> float:
        """The share of a step's tokens that its rows bring along from another dataset."""
        return 0.0

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """The inputs that the trainer takes besides base and dataset: replay, reward_models or verifier."""
        return {}

    @model_validator(mode="after")
    def _takes_enough_steps(self) -> Self:
        # where the steps depend on the rows, the run itself is refused
        why = self.why_nothing_is_learned(0) if self.max_steps is not None else None
        if why:
            raise ValueError(why)
        return self

    @field_validator("lora_rank", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        # TOML has no null
        return None if value == "none" else value


class MeasuredSettings(TrainingSettings):
    """Settings of models that score, which are measured on problems held out from training."""

    scores: ClassVar[bool] = True

    held_out_share: float = Field(
        0.1, ge=0, lt=1, description="Share of split groups that is measured and not trained on"
    )


class ReplayingSettings(TrainingSettings):
    """Settings of trainers that replay rows of an SFT dataset until they are a share of all tokens.

    So the policy does not forget what the base could do (Ouyang et al. 2022, section 3.5, mix in gradients of
    pretraining for the same reason).
    """

    replay_share: float = Field(0.0, ge=0, le=0.9, description="Share of tokens that is replayed")

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """Replayed rows, by their share of all tokens."""
        return {"replay": InputWeight("replay_share", self.replay_share)}
