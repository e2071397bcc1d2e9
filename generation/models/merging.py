"""A model that is stored as an adapter, written whole: its base in float32 with the adapter added."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.adapters import FOLDER
from generation.models.folder import INDEX, require_base
from generation.models.loading import load
from generation.models.tensors import Tensors

if TYPE_CHECKING:
    from generation.models.adapters import Adapter


def write_merged(
    folder: Path, base: Path | None, target: Path, report: Callable[[int], None] = lambda written: None
) -> None:
    """Write the whole weights of the model in ``folder``, and its config, into the directory ``target``.

    File by file of the base: memory for twice the largest one in float32 will do. Only a base whose files
    name or turn its weights otherwise than linear layers do (GPT-2) is brought into memory at once.
    ``report`` gets the number of bytes written so far. Raises BadInput where ``base`` is not the adapter's.
    """
    from generation.models.adapters import read_adapter

    under, adapter = require_base(folder, base), read_adapter(folder / FOLDER)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    with Tensors(under) as tensors:
        is_stored_alike = all(_fits(tensors, adapter, module) for module in adapter.downs)
        if is_stored_alike:
            _write_files(tensors, adapter, target, report)
    if not is_stored_alike:
        _write_loaded(folder, under, config["architectures"][0], target)
    config = {key: value for key, value in config.items() if key != "torch_dtype"} | {"dtype": "float32"}
    (target / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def _fits(tensors: Tensors, adapter: "Adapter", module: str) -> bool:
    """Whether the weights of ``module`` are in the base's files as an update is: outputs × inputs."""
    key, shape = f"{module}.weight", (len(adapter.ups[module]), adapter.downs[module].shape[1])
    return key in tensors and tensors.shape(key) == shape


def merged_bytes(base: Path) -> int:
    """The size of the base's weights in float32."""
    with Tensors(base) as tensors:
        return 4 * sum(math.prod(tensors.shape(key)) for key in tensors)


def _write_files(tensors: Tensors, adapter: "Adapter", target: Path, report: Callable[[int], None]) -> None:
    from safetensors.torch import save_file

    places: dict[str, str] = {}
    num_bytes = 0
    for file in tensors.files:
        merged = {key: tensors[key].float() for key in tensors.of(file) if key not in adapter.heads}
        for key, weight in merged.items():
            module = key.removesuffix(".weight")
            if module in adapter.downs:
                weight += adapter.update(module)
        if not places:
            merged |= adapter.heads
        save_file(merged, target / file, metadata={"format": "pt"})
        places |= dict.fromkeys(merged, file)
        num_bytes += sum(weight.nbytes for weight in merged.values())
        report(num_bytes)
    if len(tensors.files) > 1:
        index = {"metadata": {"total_size": num_bytes}, "weight_map": dict(sorted(places.items()))}
        (target / INDEX).write_text(json.dumps(index, indent=2), encoding="utf-8")


def _write_loaded(folder: Path, base: Path, architecture: str, target: Path) -> None:
    import torch

    load(architecture, folder, base, torch.float32).save_pretrained(target)
