"""What is used of models that are trained, and of the trainers of transformers and TRL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, Self

from generation.language_model import LanguageModel

if TYPE_CHECKING:
    import torch

# the figures of one logged step, by name
Figures = Mapping[str, float]


class TrainableModel(LanguageModel, Protocol):
    """A model of transformers, or one with an adapter of PEFT."""

    forward: Callable[..., object]

    @property
    def dtype(self) -> "torch.dtype":
        """The type of the weights."""
        ...

    def to(self, device: "str | torch.device | torch.dtype") -> Self:
        """Move or cast the weights."""
        ...

    def named_parameters(self) -> Iterable[tuple[str, "torch.nn.Parameter"]]:
        """All weights, trained or not, by name."""
        ...

    def can_generate(self) -> bool:
        """Whether the model writes text, and so has a generation config."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, "torch.Tensor"]) -> object:
        """Put the weights in."""
        ...

    def modules(self) -> "Iterable[torch.nn.Module]":
        """The model and all that it is made of."""
        ...

    def train(self, mode: bool = True) -> Self:
        """Switch training mode on or off."""
        ...

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs: Mapping[str, object]) -> None:
        """Let backward passes in training mode make activations once more."""
        ...


class AdapterConfig(Protocol):
    """The shape of an adapter of PEFT."""

    r: int
    lora_alpha: int
    task_type: str


class AdaptedModel(TrainableModel, Protocol):
    """A model with an adapter, as PEFT makes it."""

    peft_config: Mapping[str, AdapterConfig]

    def get_base_model(self) -> TrainableModel:
        """The model under the adapter."""
        ...

    def disable_adapter(self) -> AbstractContextManager[object]:
        """Switch the adapter off within."""
        ...

    def enable_input_require_grads(self) -> None:
        """Let gradients reach the adapter although the embeddings are frozen."""
        ...


class Accelerator(Protocol):
    """The trainer's view of devices and processes."""

    @property
    def distributed_type(self) -> object:
        """How processes train together; ``str`` gives ``DistributedType.FSDP``."""
        ...

    def unwrap_model(self, model: object) -> TrainableModel:
        """The model itself."""
        ...

    def get_state_dict(self, model: object) -> "Mapping[str, torch.Tensor]":
        """All weights, gathered in the first process."""
        ...


class TrainerState(Protocol):
    """How far a run is."""

    global_step: int
    max_steps: int
    epoch: float | None
    log_history: list[dict[str, float]]

    def save_to_json(self, json_path: str) -> None:
        """Write the state."""
        ...


class TrainerControl(Protocol):
    """What callbacks ask of the trainer."""

    should_save: bool


class Callbacks(Protocol):
    """The callbacks of a run, called as one."""

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl) -> object:
        """Before the first step."""
        ...

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, logs: Figures) -> object:
        """After a step's figures are known."""
        ...

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl) -> object:
        """After a step."""
        ...

    def on_save(self, args: object, state: TrainerState, control: TrainerControl) -> object:
        """After a checkpoint is written."""
        ...

    def on_train_end(self, args: object, state: TrainerState, control: TrainerControl) -> object:
        """After the last step."""
        ...


class Trainer(Protocol):
    """A trainer of transformers or TRL, ready to run."""

    model: TrainableModel
    model_wrapped: object
    accelerator: Accelerator
    state: TrainerState
    # rows of token ids, where the trainer has tokenised them
    train_dataset: Sequence[Mapping[str, Sequence[int]]]

    def train(self, resume_from_checkpoint: str | None = ...) -> object:
        """Run all steps, or those after the checkpoint."""
        ...

    def add_callback(self, callback: object) -> None:
        """Call ``callback`` too."""
        ...

    def remove_callback(self, callback: type) -> None:
        """Call no callback of this class."""
        ...


# makes a trainer of keyword arguments, as the classes of TRL do
MakeTrainer = Callable[..., Trainer]
