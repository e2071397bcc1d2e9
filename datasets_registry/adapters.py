"""Models that are stored as an adapter: where it lies, and which base it names."""

import json
from pathlib import Path

from datasets_registry.errors import BrokenObject

FOLDER, CONFIG, WEIGHTS = "adapter", "adapter_config.json", "adapter_model.safetensors"


def adapter_folder(folder: Path) -> Path | None:
    """The adapter of the model in ``folder``; None where its weights are there whole.

    Earlier releases kept an adapter beside the whole weights, which then are the model.
    """
    adapter = folder / FOLDER
    is_whole = any(folder.glob("*.safetensors"))
    return None if is_whole or not (adapter / CONFIG).is_file() else adapter


def base_fingerprint(adapter: Path) -> str:
    """The fingerprint of the base that an adapter belongs to; raises BrokenObject where it names none."""
    try:
        return str(json.loads((adapter / CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError) as error:
        raise BrokenObject(f"{adapter / CONFIG} names no base: build the model again") from error
