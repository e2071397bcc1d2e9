"""What is used of a transformers model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import torch


class ModelConfig(Protocol):
    """The shape of a model: what is read of its config.json."""

    max_position_embeddings: int
    vocab_size: int
    architectures: list[str] | None
    _attn_implementation: str

    def save_pretrained(self, save_directory: Path) -> object:
        """Write config.json."""
        ...


class GenerationConfig(Protocol):
    """How a model generates by default: what is read of its generation_config.json."""

    eos_token_id: int | list[int] | None

    def save_pretrained(self, save_directory: Path) -> object:
        """Write generation_config.json."""
        ...


class ModelOutput(Protocol):
    """A forward pass: rows × tokens × vocabulary (or labels), and the last layer's states where asked for."""

    logits: "torch.Tensor"
    last_hidden_state: "torch.Tensor"


class LanguageModel(Protocol):
    """A loaded model, whatever its head."""

    config: ModelConfig
    generation_config: GenerationConfig

    @property
    def device(self) -> "torch.device":
        """Where the weights lie."""
        ...

    @property
    def base_model(self) -> "LanguageModel":
        """The model without its head."""
        ...

    def __call__(self, **inputs: object) -> ModelOutput:
        """A forward pass over ``input_ids`` and whatever goes with them."""
        ...

    def to(self, device: str) -> Self:
        """Move the weights."""
        ...

    def eval(self) -> Self:
        """Switch dropout off."""
        ...

    def state_dict(self) -> Mapping[str, "torch.Tensor"]:
        """Every weight by its name."""
        ...

    def set_attn_implementation(self, attn_implementation: str) -> None:
        """Compute attention by the function registered under this name."""
        ...

    def save_pretrained(self, save_directory: Path) -> object:
        """Write weights and config."""
        ...


class Classifier(LanguageModel, Protocol):
    """A sequence classifier: its head turns a token's last state into scores."""

    def score(self, states: "torch.Tensor") -> "torch.Tensor":
        """The scores of each state."""
        ...
