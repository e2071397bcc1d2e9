"""Disk of a run, from shapes and settings: its checkpoints, and the model that it leaves."""

from generation.models.shapes import BYTES, Shapes
from training.estimates.activations import Precision
from training.estimates.memory import MOMENTS, learned_weights
from training.settings.learning import TrainingSettings

# checkpoints that a run keeps; one more is being written at times
KEPT = 2


def checkpoint_bytes(settings: TrainingSettings, shapes: Shapes) -> float:
    """A checkpoint: the weights that are learned and the optimiser's means, all in float32."""
    return 4.0 * (1 + MOMENTS) * learned_weights(settings, shapes)


def checkpoints_bytes(settings: TrainingSettings, shapes: Shapes) -> float:
    """The most that a run's checkpoints take, which are removed when it is done."""
    return (KEPT + 1) * checkpoint_bytes(settings, shapes)


def model_bytes(settings: TrainingSettings, shapes: Shapes, precision: Precision) -> float:
    """What a finished model takes: all of its weights as passes have them, and its adapter in float32."""
    weights = shapes.scorer if settings.scores else shapes.parameters
    adapter = 4 * shapes.adapter(settings.lora_rank) if settings.lora_rank else 0
    return float(weights * BYTES[precision] + adapter)


def loading_bytes(settings: TrainingSettings, shapes: Shapes, precision: Precision, processes: int) -> float:
    """Memory of the host while ``processes`` on it load their models, each of them whole."""
    weights = 4 if settings.lora_rank is None else BYTES[precision]
    references = 1 if settings.lora_rank is None and settings.has_reference else 0
    return float(processes * (1 + references) * shapes.parameters * weights)
