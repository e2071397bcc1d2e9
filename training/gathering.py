"""The trained model in one piece: as the trainer holds it, or gathered from the processes that share it."""

from typing import Any

from training import ranks
from training.run import Run


def whole_model(run: Run, trainer: Any) -> Any:
    """The model with all its weights; in the first process alone where they are sharded.

    Gathered weights are put into the base once more, read in float32: merging an adapter needs it so.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if run.config.launch.strategy not in ("fsdp", "zero3"):
        return model
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    return _rebuilt(run, model, weights) if ranks.is_first() else model


def _rebuilt(run: Run, model: Any, weights: dict[str, Any]) -> Any:
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
