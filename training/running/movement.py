"""How far training moves the weights, which are float32 while they are trained."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets_registry.errors import ModelFailed
from training.running.protocols import TrainableModel
from training.running.run import AnyRun
from training.settings.online import GroupSettings

if TYPE_CHECKING:
    import torch

# so many elements of a weight that is trained whole are compared
SAMPLED = 65_536
DOWN, UP = ".lora_A.", ".lora_B."
UPDATE = "update_rms"


def train_in_float32(run: AnyRun, model: TrainableModel) -> None:
    """Let all that is trained be float32: PEFT copies a head in the base's dtype, where small steps vanish.

    DeepSpeed keeps copies in float32 by itself.
    """
    import torch

    if not run.config.launch.strategy.startswith("zero"):
        for _, weight in trained_weights(model):
            weight.data = weight.data.to(torch.float32)


def trained_weights(model: TrainableModel) -> "Iterator[tuple[str, torch.nn.Parameter]]":
    """The weights that are trained, by name."""
    return ((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)


@dataclass(frozen=True)
class Place:
    """Where trained weights are: an adapter's factors, and elements of all others, with how many there are.

    All are on the CPU. A pair of factors is rank × inputs and outputs × rank.
    """

    factors: "dict[str, tuple[torch.Tensor, torch.Tensor]]"
    elements: "dict[str, tuple[torch.Tensor, int]]"


def place_of(model: TrainableModel) -> Place:
    """Where the trained weights are now. Those of FSDP are gathered one by one, so all processes call it."""
    kept = {
        name: _kept(weight, is_whole=DOWN in name or UP in name) for name, weight in trained_weights(model)
    }
    factors = {name: (kept[name][0], kept[name.replace(DOWN, UP)][0]) for name in kept if DOWN in name}
    elements = {name: part for name, part in kept.items() if DOWN not in name and UP not in name}
    return Place(factors, elements)


def _kept(weight: "torch.nn.Parameter", *, is_whole: bool) -> "tuple[torch.Tensor, int]":
    import torch
    from torch.distributed.tensor import DTensor

    tensor = weight.detach()
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    number = whole.numel()
    every = 1 if is_whole else max(1, number // SAMPLED)
    part = whole if is_whole else whole.flatten()[::every]
    return part.to("cpu", torch.float32, copy=True), number


def update_rms(run: AnyRun, start: Place, end: Place) -> float:
    """The root mean square of what training added to the weights; of an adapter, to those under it.

    Raises ModelFailed where that is nothing.
    """
    settings = run.settings
    scale = settings.lora_alpha / settings.lora_rank if settings.lora_rank else 1.0
    squares, number = 0.0, 0
    for name, (down, up) in start.factors.items():
        squares += scale**2 * _squares((down, up), end.factors[name])
        number += down.shape[1] * up.shape[0]
    for name, (before, total) in start.elements.items():
        squares += total * float((end.elements[name][0] - before).double().square().mean())
        number += total
    if not squares:
        raise ModelFailed(f"{run.config.name}: {_why_unmoved(run)}")
    return math.sqrt(squares / number)


def _squares(start: "tuple[torch.Tensor, torch.Tensor]", end: "tuple[torch.Tensor, torch.Tensor]") -> float:
    """The sum of squares of the difference of two products of factors, without the products themselves."""
    import torch

    if all(torch.equal(before, after) for before, after in zip(start, end, strict=True)):
        return 0.0
    down = torch.cat([end[0], start[0]]).double()
    up = torch.cat([end[1], -start[1]], dim=1).double()
    # what is no number stays none, and is refused as such
    return max(float(((up.T @ up) * (down @ down.T)).sum()), 0.0)


def _why_unmoved(run: AnyRun) -> str:
    began = "after training all weights are where they began"
    if isinstance(run.settings, GroupSettings):
        return (
            f"{began}, as where the samples of a prompt all have the same reward: raise num_draws, which is "
            f"{run.settings.num_draws}, or choose prompts that are answered rightly at times"
        )
    return (
        f"{began}: raise learning_rate, which is {run.settings.learning_rate:g}, or take rows that ask for "
        "something"
    )
