"""Disk of a run, from shapes and settings: its checkpoints, and the model that it leaves."""

from generation.models.shapes import Shapes
from training.estimates.memory import MOMENTS, learned_weights
from training.settings.learning import TrainingSettings

# checkpoints that a run keeps; one more is being written at times
KEPT = 2


def checkpoint_bytes(settings: TrainingSettings, shapes: Shapes) -> float:
    """A checkpoint: the weights that are learned and the optimiser's means, all in float32."""
    return 4.0 * (1 + MOMENTS) * learned_weights(settings, shapes)


def checkpoints_bytes(settings: TrainingSettings, shapes: Shapes) -> float:
    """The most that a run's checkpoints take, which are removed when it is done.

    What only averages keeps none, and merges the adapters of all its models first.
    """
    if not settings.learns:
        return shapes.size("float32") * (1 + len(settings.further_models))
    return (KEPT + 1) * checkpoint_bytes(settings, shapes)


def model_bytes(settings: TrainingSettings, shapes: Shapes) -> float:
    """What a finished model takes: its adapter and a scorer's head, or all weights, in float32."""
    if settings.lora_rank is None:
        return 4.0 * (shapes.scorer if settings.scores else shapes.parameters)
    return 4.0 * (shapes.adapter(settings.lora_rank) + (shapes.hidden if settings.scores else 0))


def loading_bytes(
    settings: TrainingSettings, shapes: Shapes, processes: int, reference: Shapes | None = None
) -> float:
    """Memory of the host into which ``processes`` on it load all weights in float32, each a whole model.

    What the loss compares with is loaded too: ``reference``, or the base once more.
    """
    if settings.lora_rank is not None:
        return 0.0
    compared = (reference or shapes).parameters if reference or settings.has_reference else 0
    return 4.0 * processes * (shapes.parameters + compared)
