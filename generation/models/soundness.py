"""Whether a model's weights are all there and all numbers: what is missing or NaN is refused by its name."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from datasets_registry.adapters import WEIGHTS, adapter_folder
from datasets_registry.errors import BadInput
from generation.models.tensors import Tensors

if TYPE_CHECKING:
    import torch

REMEDY = "give the weights and the config of one whole model, or build it again"


class _Parts(Protocol):
    """A model, by its weights and what it calls its body."""

    base_model_prefix: str

    def named_parameters(self) -> "Iterable[tuple[str, torch.Tensor]]": ...


def require_loaded(folder: Path, model: object, info: Mapping[str, Iterable[str]], *, new_head: bool) -> None:
    """Raise BadInput unless all of ``model`` came from ``folder``, and all that the folder has is in it.

    ``info`` is transformers' account of the loading. With ``new_head`` what lies beside the body may be new.
    """
    body = cast(_Parts, model).base_model_prefix + "."
    missing = [key for key in sorted(info["missing_keys"]) if not new_head or key.startswith(body)]
    if missing:
        raise BadInput(
            f"model directory {folder} lacks {_named(missing)}, which its config.json asks for and "
            f"which would be drawn anew: {REMEDY}"
        )
    if other := sorted(str(entry[0]) for entry in info["mismatched_keys"]):
        raise BadInput(
            f"model directory {folder} has {_named(other)} of another shape than its config.json "
            f"says: {REMEDY}"
        )
    left_over = [
        key
        for key in sorted(info["unexpected_keys"])
        if key.startswith(body) and key.endswith((".weight", ".bias"))
    ]
    if left_over:
        raise BadInput(
            f"model directory {folder} has {_named(left_over)}, for which the model that its config.json "
            f"describes has no place: {REMEDY}"
        )


def require_finite(folder: Path, weights: "Iterable[tuple[str, torch.Tensor]]") -> None:
    """Raise BadInput naming the first weight that has NaN or infinite numbers."""
    for key, weight in weights:
        if not is_finite(weight):
            raise BadInput(f"model directory {folder} has NaN or infinite numbers in {key}: {REMEDY}")


def is_finite(weight: "torch.Tensor") -> bool:
    """Whether all numbers are finite, in one pass that needs no memory."""
    import torch

    if weight.is_meta or not weight.is_floating_point() or not weight.numel():
        return True
    with suppress(NotImplementedError):
        least, most = torch.aminmax(weight.detach())
        return bool(torch.isfinite(least) and torch.isfinite(most))
    # a type of eight bits, of which no extremes are taken
    return bool(torch.isfinite(weight.float()).all())


def stored_weights(folder: Path) -> "Iterator[tuple[str, torch.Tensor]]":
    """The tensors in a folder's files by name, each read when it is wanted: an adapter's where it is one."""
    from safetensors.torch import load_file

    if (adapter := adapter_folder(folder)) is not None:
        yield from load_file(adapter / WEIGHTS).items()
        return
    with Tensors(folder) as tensors:
        for key in tensors:
            yield key, tensors[key]


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - 1} more weights" if len(keys) > 1 else ""
    return f"the weight {keys[0]}{more}"
