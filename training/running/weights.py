"""A trained adapter: kept by itself, and merged into its base in float32."""

import json
from pathlib import Path
from typing import Any

from training.running import ranks
from training.running.run import AnyRun


def whole_model(run: AnyRun, trainer: Any) -> Any:
    """The model with all its weights; in the first process alone where they are sharded.

    Gathered weights are put into the base once more, read in float32: merging an adapter needs it so.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if run.config.launch.strategy not in ("fsdp", "zero3"):
        return model
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    return _rebuilt(run, model, weights) if ranks.is_first() else model


def _rebuilt(run: AnyRun, model: Any, weights: dict[str, Any]) -> Any:
    import torch
    from torch.distributed.fsdp import FSDPModule

    adapted = run.settings.lora_rank is not None
    inner = model.get_base_model() if adapted else model
    # FSDP2 makes each module's class a subclass of its own
    kind: Any = next(one for one in type(inner).__mro__ if not issubclass(one, FSDPModule))
    plain = kind.from_pretrained(
        run.base_folder, config=inner.config, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )
    if not adapted:
        plain.load_state_dict(weights)
        return plain
    from peft import get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

    whole = get_peft_model(plain, model.peft_config["default"])
    set_peft_model_state_dict(whole, get_peft_model_state_dict(model, state_dict=weights))
    return whole


def save_adapter(run: AnyRun, model: Any, folder: Path) -> Any:
    """Save the adapter of ``model`` to ``folder``; the base with it merged in, in float32.

    Sums in bfloat16 would lose what was learned: a base that was trained on in bfloat16 is read once more.
    """
    import torch

    model.save_pretrained(folder)
    _name_the_base(folder, run.base.data_version)
    inner = model.get_base_model()
    if inner.dtype == torch.float32:
        return model.merge_and_unload(safe_merge=True)
    from peft import PeftModel

    base = type(inner).from_pretrained(
        run.base_folder, config=inner.config, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )
    return PeftModel.from_pretrained(base, folder).merge_and_unload(safe_merge=True)


def _name_the_base(adapter: Path, fingerprint: str) -> None:
    """The base is named by its content, not by where it lay."""
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": fingerprint}
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    (adapter / "README.md").unlink(missing_ok=True)
