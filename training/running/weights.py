"""A trained adapter: kept by itself, and merged into its base in float32."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from training.running import ranks
from training.running.protocols import AdaptedModel, TrainableModel, Trainer
from training.running.run import AnyRun

if TYPE_CHECKING:
    import torch


class _ModelClass(Protocol):
    """A model class of transformers."""

    def from_pretrained(self, folder: Path, **options: object) -> TrainableModel:
        """The model in ``folder``."""
        ...


def whole_model(run: AnyRun, trainer: Trainer) -> TrainableModel:
    """The model with all its weights; in the first process alone where they are sharded.

    Gathered weights are put into the base once more, read in float32: merging an adapter needs it so.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if run.config.launch.strategy not in ("fsdp", "zero3"):
        return model
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    return _rebuilt(run, model, weights) if ranks.is_first() else model


def _rebuilt(run: AnyRun, model: TrainableModel, weights: "Mapping[str, torch.Tensor]") -> TrainableModel:
    from torch.distributed.fsdp import FSDPModule

    is_adapted = run.settings.lora_rank is not None
    inner = cast(AdaptedModel, model).get_base_model() if is_adapted else model
    # FSDP2 makes each module's class a subclass of its own
    kind = next(ancestor for ancestor in type(inner).__mro__ if not issubclass(ancestor, FSDPModule))
    base = _base_in_float32(run, cast(_ModelClass, kind), inner)
    if not is_adapted:
        base.load_state_dict(weights)
        return base
    from peft import get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

    whole: TrainableModel = get_peft_model(base, cast(AdaptedModel, model).peft_config["default"])
    set_peft_model_state_dict(whole, get_peft_model_state_dict(model, state_dict=weights))
    return whole


def _base_in_float32(run: AnyRun, kind: _ModelClass, model: TrainableModel) -> TrainableModel:
    """The base once more, in the shape of ``model``."""
    import torch

    return kind.from_pretrained(
        run.base_folder, config=model.config, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )


def save_adapter(run: AnyRun, model: AdaptedModel, folder: Path) -> TrainableModel:
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

    base = _base_in_float32(run, cast(_ModelClass, type(inner)), inner)
    adapted: AdaptedModel = PeftModel.from_pretrained(base, folder)
    return adapted.merge_and_unload(safe_merge=True)


def _name_the_base(adapter: Path, fingerprint: str) -> None:
    """Name the base by its content, not by its folder."""
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": fingerprint}
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    (adapter / "README.md").unlink(missing_ok=True)
