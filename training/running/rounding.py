"""How much of an update bfloat16 would keep: what serving whole weights in it does to a trained model."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.adapters import adapter_folder

if TYPE_CHECKING:
    import torch


def kept_by_bfloat16(base: Path, folder: Path) -> float | None:
    """The share of the update from ``base`` to the model in ``folder`` that a cast to bfloat16 keeps.

    It is 1 - ‖c(w + u) - c(w) - u‖ / ‖u‖ over all weights w that were trained and their updates u, where c
    casts; at least 0. Of a model that is stored as an adapter, u is what merging would add. None where
    nothing moved, or the files of both do not name the same weights.
    """
    import torch

    lost = total = 0.0
    for weight, update in _updates(base, folder):
        before, after = (whole.to(torch.bfloat16).float() for whole in (weight, weight + update))
        lost += float((after - before - update).norm()) ** 2
        total += float(update.norm()) ** 2
    return max(0.0, 1.0 - (lost / total) ** 0.5) if total else None


def _updates(base: Path, folder: Path) -> "Iterator[tuple[torch.Tensor, torch.Tensor]]":
    """Each trained weight of the base and its update, in float32; heads that are new have none."""
    from generation.models.adapters import read_adapter
    from generation.models.tensors import Tensors

    place = adapter_folder(folder)
    with Tensors(base) as before, Tensors(folder) as after:
        if place is None:
            for key in after:
                if key in before and after[key].is_floating_point():
                    weight = before[key].float()
                    yield weight, after[key].float() - weight
            return
        adapter = read_adapter(place)
        for module in adapter.downs:
            if f"{module}.weight" in before:
                weight, update = before[f"{module}.weight"].float(), adapter.update(module)
                yield weight, update if update.shape == weight.shape else update.T
