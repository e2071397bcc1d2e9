"""The card that a run has, and what the run is estimated to take of it before anything is loaded."""

from collections.abc import Sequence
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.models.shapes import Shapes, UnknownShapes, shapes_of
from training.estimates.fitting import Fitted, Job, engine_bytes, fitted
from training.estimates.host import host_bytes, require_host
from training.estimates.memory import GIB, Device, Memory
from training.running import ranks
from training.settings.learning import TrainingSettings
from training.settings.run import AnyConfig


def in_bfloat16(settings: TrainingSettings) -> bool:
    """Whether forward passes and saved weights are bfloat16."""
    import torch

    if settings.dtype == "auto":
        return torch.cuda.is_available()
    return settings.dtype == "bfloat16"


def recomputes_activations() -> bool:
    """Whether backward passes make activations once more: on a GPU, where memory is what is short."""
    import torch

    return torch.cuda.is_available()


def fit(
    config: AnyConfig, base: Path, reward_models: Sequence[Path], reference: Path | None = None
) -> Fitted | None:
    """What fits the run's card; None where there is neither a card nor ``memory_gb``.

    ``reference`` is the model that the loss compares with, where that is another than the base.

    Raises BadInput where the run cannot fit, on the card or the host, or another process has the memory.
    """
    import torch

    # what learns nothing needs no card
    card = card_bytes(config) if config.settings.learns else None
    if card is None:
        return None
    try:
        shapes = shapes_of(base)
    except UnknownShapes:
        # a plug-in's own kind of model: its run tells
        return None
    compared = None if reference is None else _shapes_or(shapes, reference)
    require_host(config, shapes, host_bytes(), compared)
    scorers = [_shapes_or(shapes, folder) for folder in reward_models]
    job = Job(
        config.name,
        config.settings,
        shapes,
        _device(config.settings),
        config.launch,
        scorers,
        reference=compared,
        engine=engine_bytes(config.settings, config.sampler_engine, card),
    )
    found = fitted(job, card)
    if torch.cuda.is_available():
        # asked of another's card, it would take memory there
        require_free(config.name, found.memory, *torch.cuda.mem_get_info(ranks.place()))
    return found


def card_bytes(config: AnyConfig) -> float | None:
    """The memory of the smallest visible card; where there is none, what the config says."""
    import torch

    cards = [torch.cuda.get_device_properties(each).total_memory for each in range(torch.cuda.device_count())]
    return min(cards, default=config.memory_gb and config.memory_gb * 1e9)


def _device(settings: TrainingSettings) -> Device:
    import torch

    return Device(
        "bfloat16" if in_bfloat16(settings) else "float32",
        checkpointing=recomputes_activations(),
        card=torch.cuda.is_available(),
    )


def _shapes_or(shapes: Shapes, folder: Path) -> Shapes:
    try:
        return shapes_of(folder)
    except UnknownShapes:
        return shapes


def require_free(title: str, needed: Memory, free: float, total: float) -> None:
    """Raise BadInput where another process leaves too little of a card of ``total`` bytes."""
    if free < needed.standing:
        raise BadInput(
            f"{title}: another process has {(total - free) / GIB:.1f} of the card's {total / GIB:.1f} GiB, "
            f"and this run needs {needed.total / GIB:.1f}: wait for it, end it, or choose another card "
            "by CUDA_VISIBLE_DEVICES"
        )
