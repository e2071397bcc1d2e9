"""Low-rank adapters (Hu et al. 2021): read, written, joined into one, and laid over a model's weights."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, Self, cast

import torch
from safetensors.torch import load_file, save_file

from datasets_registry.adapters import CONFIG, WEIGHTS
from datasets_registry.errors import BrokenObject

_PREFIX, _DOWN, _UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True)
class Adapter:
    """What training added to a model: to the weights of module M, ``scale`` · ``ups[M]`` · ``downs[M]``.

    ``downs`` are rank × inputs and ``ups`` outputs × rank, all of one rank. ``heads`` are parameters that
    were trained whole, by name. All are float32.
    """

    downs: Mapping[str, torch.Tensor]
    ups: Mapping[str, torch.Tensor]
    scale: float
    heads: Mapping[str, torch.Tensor]

    @property
    def rank(self) -> int:
        """The rank of every update."""
        return max(len(down) for down in self.downs.values())

    @property
    def weights(self) -> Mapping[str, torch.Tensor]:
        """All tensors, under the names by which PEFT keeps them."""
        weights = {f"{_PREFIX}{module}{_DOWN}": down for module, down in self.downs.items()}
        weights |= {f"{_PREFIX}{module}{_UP}": up for module, up in self.ups.items()}
        return weights | {f"{_PREFIX}{key}": head for key, head in self.heads.items()}

    def update(self, module: str) -> torch.Tensor:
        """What is added to the weights of ``module`` (outputs × inputs)."""
        return self.ups[module] @ self.downs[module] * self.scale

    @classmethod
    def from_weights(cls, weights: Mapping[str, torch.Tensor], scale: float) -> Self:
        """The adapter of which PEFT keeps ``weights`` under these names."""
        named = {
            key.removeprefix(_PREFIX): weight.detach().cpu().float().contiguous()
            for key, weight in weights.items()
        }
        downs, ups = (
            {key.removesuffix(end): weight for key, weight in named.items() if key.endswith(end)}
            for end in (_DOWN, _UP)
        )
        heads = {key: weight for key, weight in named.items() if not key.endswith((_DOWN, _UP))}
        return cls(downs, ups, scale, heads)


def read_adapter(folder: Path) -> Adapter:
    """The adapter in ``folder``; raises BrokenObject where a file is missing or cannot be read."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        return Adapter.from_weights(load_file(folder / WEIGHTS), config["lora_alpha"] / config["r"])
    except (OSError, ValueError, KeyError) as error:
        raise BrokenObject(f"adapter {folder} cannot be read ({error}): build the model again") from error


def write_adapter(adapter: Adapter, folder: Path, base: str, task: str) -> None:
    """Write the adapter as PEFT and vLLM read it; ``base`` is a fingerprint, ``task`` PEFT's word for it."""
    folder.mkdir(parents=True)
    heads = sorted({key.rpartition(".")[0] for key in adapter.heads})
    # equal adapters are equal files, whichever release wrote them: nothing here depends on PEFT's defaults
    config = {
        "peft_type": "LORA",
        "task_type": task,
        "base_model_name_or_path": base,
        "r": adapter.rank,
        "lora_alpha": adapter.scale * adapter.rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "target_modules": sorted({module.rpartition(".")[2] for module in adapter.downs}),
        "modules_to_save": heads or None,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")
    save_file(dict(sorted(adapter.weights.items())), folder / WEIGHTS, metadata={"format": "pt"})


def joined(earlier: Adapter, later: Adapter) -> Adapter:
    """One adapter that does what both do, ``later`` having been trained over ``earlier``: exactly their sum.

    Its rank is the sum of theirs. A head is the later one's, which was trained from the earlier one's.
    """
    downs, ups = {}, {}
    for module in sorted({*earlier.downs, *later.downs}):
        parts = [
            _part(adapter, module, like=later if module in later.downs else earlier)
            for adapter in (earlier, later)
        ]
        downs[module] = torch.cat([down for down, _ in parts])
        ups[module] = torch.cat([up for _, up in parts], dim=1)
    return Adapter(downs, ups, 1.0, later.heads)


def _part(adapter: Adapter, module: str, like: Adapter) -> tuple[torch.Tensor, torch.Tensor]:
    """The update of ``module`` with its scale in it; zeros of the adapter's rank where it has none."""
    if module in adapter.downs:
        return adapter.downs[module], adapter.ups[module] * adapter.scale
    down, up = like.downs[module], like.ups[module]
    return down.new_zeros(adapter.rank, down.shape[1]), up.new_zeros(up.shape[0], adapter.rank)


class _Model(Protocol):
    """The parts of a model, by name."""

    @property
    def dtype(self) -> torch.dtype: ...

    def get_submodule(self, target: str) -> torch.nn.Module: ...

    def get_parameter(self, target: str) -> torch.Tensor: ...


class Beside:
    """A linear layer with a frozen low-rank update beside its weights, since their sum would be rounded.

    Both are buffers in float32, and so in whatever is made of the model's state. Switching off an adapter
    that is trained over it leaves it on.
    """

    down: torch.Tensor
    up: torch.Tensor

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """What the layer gives, and its update of it, in the inputs' precision."""
        linear = torch.nn.functional.linear
        outputs: torch.Tensor = super().forward(inputs)  # type: ignore[misc]
        added = linear(linear(inputs, self.down.to(inputs.dtype)), self.up.to(inputs.dtype))
        return outputs + added.to(outputs.dtype)


class Exact:
    """A head that was trained whole: its float32 weights read what a model in a shorter type gives."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The head's outputs, in float32."""
        with torch.autocast(inputs.device.type, enabled=False):
            outputs: torch.Tensor = super().forward(inputs.float())  # type: ignore[misc]
        return outputs


@cache
def _class(name: str, change: Hashable, layer: Hashable) -> type:
    assert isinstance(change, type) and isinstance(layer, type)
    return type(f"{name}{layer.__name__}", (change, layer), {})


def lay_over(adapter: Adapter, model: object) -> None:
    """Let ``model`` be what training made of it; nothing of the update is rounded away.

    In float32 the update is added to the weights. In a shorter type, which has no room for it, it is kept
    beside them, and heads stay in float32. Raises BrokenObject where the model has not the modules that were
    trained.
    """
    whole = cast(_Model, model)
    in_place = whole.dtype == torch.float32
    try:
        for module in adapter.downs:
            _lay(adapter, module, whole.get_submodule(module), in_place=in_place)
        for key, head in adapter.heads.items():
            _put(head, key, whole, in_place=in_place)
    except (AttributeError, RuntimeError) as error:
        raise BrokenObject(f"the adapter does not fit its base ({error}): build the model again") from error


def _lay(adapter: Adapter, module: str, layer: torch.nn.Module, *, in_place: bool) -> None:
    weight = layer.get_parameter("weight")
    if in_place:
        update = adapter.update(module).to(weight.device)
        # GPT-2's layers hold their weights the other way round
        weight.data += update if isinstance(layer, torch.nn.Linear) else update.T
        return
    layer.register_buffer("down", adapter.downs[module].to(weight.device))
    layer.register_buffer("up", (adapter.ups[module] * adapter.scale).to(weight.device))
    layer.__class__ = _class("Adapted", Beside, cast(Hashable, type(layer)))


def _put(head: torch.Tensor, key: str, model: _Model, *, in_place: bool) -> None:
    parameter = model.get_parameter(key)
    if head.shape != parameter.shape:
        raise RuntimeError(f"{key} has the shape {tuple(parameter.shape)}, not {tuple(head.shape)}")
    parameter.data = head.to(parameter.device)
    layer = model.get_submodule(key.rpartition(".")[0])
    if not in_place and not isinstance(layer, Exact):
        layer.__class__ = _class("Exact", Exact, cast(Hashable, type(layer)))
