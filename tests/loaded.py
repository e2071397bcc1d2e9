"""Models of the test's registry in memory, whole or as adapters over their bases; and random adapters."""

import shutil
from pathlib import Path
from typing import Any

import torch

from datasets_registry.adapters import FOLDER, adapter_folder
from datasets_registry.bases import base_folder
from datasets_registry.registry import Registry
from datasets_registry.state import State
from generation.models.adapters import Adapter, write_adapter
from generation.models.folder import fingerprint
from generation.models.loading import load


def base_of(folder: Path) -> Path | None:
    """The folder of the base that the model in ``folder`` is an adapter over, by the registry of the test."""
    return base_folder(Registry(State()), folder) if adapter_folder(folder) else None


def loaded(
    folder: Path, kind: str = "AutoModelForCausalLM", dtype: torch.dtype = torch.float32, **options: Any
) -> Any:
    """The model in ``folder``, ready to be asked."""
    return load(kind, folder, base_of(folder), dtype, **options).eval()


def write_adapted(base: Path, folder: Path, seed: int, *, rank: int = 4, size: float = 0.1) -> Path:
    """A model stored as a random adapter over ``base``, as training leaves one; weights move by ``size``."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("*.safetensors*", "manifest.json"))
    torch.manual_seed(seed)
    layers = {
        place: module
        for place, module in load("AutoModelForCausalLM", base, None, torch.float32).named_modules()  # type: ignore[attr-defined]
        if isinstance(module, torch.nn.Linear) and place != "lm_head"
    }
    downs = {place: torch.randn(rank, layer.in_features) * size for place, layer in layers.items()}
    ups = {place: torch.randn(layer.out_features, rank) * size for place, layer in layers.items()}
    write_adapter(Adapter(downs, ups, 2.0, {}), folder / FOLDER, fingerprint(base), "CAUSAL_LM")
    return folder
