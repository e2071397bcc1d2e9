"""The weights that a run trained, gathered where they are sharded, and saved: as an adapter, or whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from datasets_registry.adapters import FOLDER, adapter_folder, base_fingerprint
from datasets_registry.bases import base_folder
from training.running.protocols import AdaptedModel, TrainableModel, Trainer
from training.running.run import AnyRun
from training.running.trainer import start_folder

if TYPE_CHECKING:
    import torch

Weights: TypeAlias = "Mapping[str, torch.Tensor]"


class _ModelClass(Protocol):
    """A model class of transformers."""

    __name__: str

    def from_pretrained(self, folder: Path, **options: object) -> TrainableModel:
        """The model in ``folder``."""
        ...


def gathered(run: AnyRun, trainer: Trainer) -> "Weights | None":
    """All weights that were trained, in the first process, where they are sharded; else None."""
    strategy = run.config.launch.strategy
    if strategy not in ("fsdp", "zero3"):
        return None
    if strategy == "zero3" or run.settings.lora_rank is None:
        return trainer.accelerator.get_state_dict(trainer.model_wrapped)
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    # the base is not gathered with its adapter
    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    wrapped = cast("torch.nn.Module", trainer.model_wrapped)
    return cast(Weights, get_model_state_dict(wrapped, options=options))


def save_weights(run: AnyRun, model: TrainableModel, weights: "Weights | None", folder: Path) -> None:
    """Save what was trained and the config to ``folder``, in float32; ``weights`` are those gathered."""
    import torch

    if run.settings.lora_rank is not None:
        _save_adapter(run, cast(AdaptedModel, model), weights, folder)
        return
    whole = model if weights is None else _rebuilt(run, model, weights)
    whole.to(torch.float32).save_pretrained(folder)


def write_trained_adapter(
    run: AnyRun, model: AdaptedModel, folder: Path, weights: "Weights | None" = None
) -> None:
    """Write the adapter as it is now, to lie over the model in ``given_folder``.

    It is joined with the one that the base is stored as, where it is. ``weights`` are as in ``save_weights``.
    """
    from peft import get_peft_model_state_dict

    from generation.models.adapters import Adapter, joined, read_adapter, write_adapter

    config = model.peft_config["default"]
    trained = get_peft_model_state_dict(model, state_dict=weights, save_embedding_layers=False)
    adapter = Adapter.from_weights(trained, config.lora_alpha / config.r)
    earlier, base = adapter_folder(run.base_folder), run.base.data_version
    if earlier is not None:
        adapter, base = joined(read_adapter(earlier), adapter), base_fingerprint(earlier)
    write_adapter(adapter, folder, base, str(config.task_type))


def given_folder(run: AnyRun) -> Path:
    """The directory of the whole model that the run's weights, or its adapter, differ from."""
    start = start_folder(run)
    return base_folder(run.registry, start) or start


def _save_adapter(run: AnyRun, model: AdaptedModel, weights: "Weights | None", folder: Path) -> None:
    write_trained_adapter(run, model, folder / FOLDER, weights)
    inner = model.get_base_model()
    inner.config.architectures = [_class(inner).__name__]
    inner.config.save_pretrained(folder)
    if inner.can_generate():
        inner.generation_config.save_pretrained(folder)


def _class(model: TrainableModel) -> _ModelClass:
    from torch.distributed.fsdp import FSDPModule

    # FSDP2 makes each module's class a subclass of its own
    kind = next(ancestor for ancestor in type(model).__mro__ if not issubclass(ancestor, FSDPModule))
    return cast(_ModelClass, kind)


def _rebuilt(run: AnyRun, model: TrainableModel, weights: Weights) -> TrainableModel:
    """The whole model once more, with the weights that were gathered."""
    import torch

    base = _class(model).from_pretrained(
        start_folder(run),
        config=model.config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
    base.load_state_dict(weights)
    return base
