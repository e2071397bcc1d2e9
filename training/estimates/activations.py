"""What autograd keeps of a forward pass: read off a pass without numbers through the real layers."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from generation.models.shapes import Shapes

if TYPE_CHECKING:
    import torch

Precision = Literal["float32", "bfloat16"]
# prime, so that what grows with the tokens, with their square, and not at all is told apart by division
TOKENS = 1009


@dataclass(frozen=True)
class Kept:
    """Bytes that are kept: for each token, for each pair of tokens of a row, and whatever the batch is."""

    token: float = 0.0
    pair: float = 0.0
    constant: float = 0.0

    def of(self, rows: int, length: int) -> float:
        """Bytes of ``rows`` of ``length`` tokens."""
        return self.token * rows * length + self.pair * rows * length**2 + self.constant

    def __sub__(self, other: "Kept") -> "Kept":
        return Kept(self.token - other.token, self.pair - other.pair, self.constant - other.constant)


@cache
def kept_by_a_layer(shapes: Shapes, rank: int | None, precision: Precision) -> Kept:
    """What one layer keeps for its backward pass: the difference of two layers and one.

    With ``rank`` an adapter is trained over weights in ``precision``, else all weights, which are float32 and
    cast. A model that cannot be run without numbers counts as a plain transformer of its sizes.
    """
    try:
        return _kept(shapes, 2, rank, precision) - _kept(shapes, 1, rank, precision)
    except Exception:
        # what depends on the numbers themselves, such as the choice of an expert, cannot be followed
        return _plain(shapes, rank, precision)


def _kept(shapes: Shapes, layers: int, rank: int | None, precision: Precision) -> Kept:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    found: dict[int, torch.UntypedStorage] = {}
    with FakeTensorMode():
        model = _model(shapes, layers, rank, precision)
        weights = {weight.untyped_storage()._cdata for weight in model.parameters()}

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata not in weights:
                # held, so that no other storage takes its address
                found[storage._cdata] = storage
            return tensor

        tokens = torch.zeros((1, TOKENS), dtype=torch.long)
        with (
            torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
            torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"),
        ):
            model(input_ids=tokens, use_cache=False)
        sizes = [storage.nbytes() for storage in found.values()]
    pairs = sum(size for size in sizes if size % TOKENS**2 == 0)
    by_token = sum(size for size in sizes if size % TOKENS == 0) - pairs
    return Kept(by_token / TOKENS, pairs / TOKENS**2, float(sum(sizes) - by_token - pairs))


def _model(shapes: Shapes, layers: int, rank: int | None, precision: Precision) -> Any:
    """The body of a model with so many layers, as it is trained."""
    import torch
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if rank and precision == "bfloat16" else torch.float32
    config = shapes.config(layers)
    whole = AutoModelForCausalLM.from_config(config, dtype=dtype, trust_remote_code=False)
    model = whole.base_model.train()
    if rank:
        model.requires_grad_(False)
        _adapt(model, rank)
        # what is learned below reaches every layer
        model.get_input_embeddings().weight.requires_grad_(True)
    return model


def _adapt(module: "torch.nn.Module", rank: int) -> None:
    """Put an adapter on every linear layer, which keeps what peft's does: peft's own needs real weights."""
    import torch

    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.Linear):
            setattr(module, name, _adapted(child, rank))
        else:
            _adapt(child, rank)


def _adapted(base: "torch.nn.Linear", rank: int) -> "torch.nn.Module":
    import torch

    class Adapted(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base = base
            self.inner = torch.nn.Linear(base.in_features, rank, bias=False, dtype=torch.float32)
            self.outer = torch.nn.Linear(rank, base.out_features, bias=False, dtype=torch.float32)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.base(inputs)
            added = self.outer(self.inner(inputs.to(torch.float32))) * 2.0
            whole: torch.Tensor = result + added
            return whole.to(result.dtype)

    return Adapted()


def _plain(shapes: Shapes, rank: int | None, precision: Precision) -> Kept:
    """A transformer with gated units: states at norms and projections, queries, keys and values."""
    attention = shapes.head_dim * (2 * shapes.heads + 2 * shapes.kv_heads)
    width = 2 if precision == "bfloat16" else 4
    numbers = 8 * shapes.hidden + attention + 5 * shapes.intermediate
    return Kept(token=numbers * width + 8 * shapes.hidden)
