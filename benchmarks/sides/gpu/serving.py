"""Of an update that was trained, the share that is served: as an adapter over its base, or merged."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.gpu_check.models import SPREAD, write_base, write_trained
from benchmarks.gpu_check.sizes import Shape
from benchmarks.sides.figure import Figure, repeated
from datasets_registry.adapters import FOLDER
from generation.models.adapters import Beside, read_adapter
from generation.models.loading import load
from training.running.rounding import kept_by_bfloat16

if TYPE_CHECKING:
    import torch

SHAPE = Shape(
    hidden=512,
    intermediate=1024,
    layers=2,
    heads=4,
    key_value_heads=2,
    head_dim=128,
    vocabulary=384,
    window=512,
)
# root mean square of what is added to weights of deviation 0.02, as those of an 8B model are
DEVIATION = 0.02
UPDATES = {"6 steps at 1e-5": 3e-6, "60 steps at 1e-5": 3e-5, "30 steps at 1e-4": 1.5e-4}


def served_updates(folder: Path) -> Iterator[Figure]:
    """The share of each update that a bfloat16 model has as it is loaded, and of the same one merged."""
    base = folder / "base"
    write_base(base, SHAPE, mean_length=8)
    wider = SPREAD / SHAPE.hidden**0.5 / DEVIATION
    for work, size in UPDATES.items():
        trained = folder / f"trained-{size}"
        write_trained(trained, base, wider * size)
        by_adapter, merged = _by_adapter(base, trained), kept_by_bfloat16(base, trained)
        yield repeated(f"update of {work}, served as an adapter", [by_adapter], "share", ">= 0.99")
        yield Figure(name=f"update of {work}, merged into bfloat16", value=merged, unit="share")


def _by_adapter(base: Path, trained: Path) -> float:
    """1 less the size of what is served and was not trained, over the size of the update."""
    import torch

    served = cast("torch.nn.Module", load("AutoModelForCausalLM", trained, base, torch.bfloat16))
    adapter = read_adapter(trained / FOLDER)
    lost = total = 0.0
    for path in adapter.downs:
        wanted = adapter.update(path).double()
        layer = served.get_submodule(path)
        assert isinstance(layer, Beside)
        # the factors are multiplied in the type of the inputs
        up, down = (factor.to(torch.bfloat16).double() for factor in (layer.up, layer.down))
        found = up @ down
        lost += float((found - wanted).square().sum())
        total += float(wanted.square().sum())
    return 1.0 - float((lost / total) ** 0.5)
