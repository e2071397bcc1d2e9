"""Memory of a run on each device, from shapes and settings: what always lies there, and what a step adds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from generation.models.shapes import BYTES, Shapes
from training.estimates.activations import Precision, kept_by_a_layer
from training.settings.launch import Launch
from training.settings.learning import TrainingSettings
from training.settings.online import OnlineSettings, samples_by_vllm
from training.settings.ppo import PpoSettings

GIB = 1 << 30
# AdamW: a mean and a mean square for each weight that is learned
MOMENTS = 2
# TRL's head: tokens and vocabulary of one tile of logits, of which it never has two in bfloat16
TILE = (4096, 32768)
# on a processor the tile is folded by whole tensors in float32
TILE_COPIES = 5
# float32 copies of all logits that a loss over whole logits has at once
LOGIT_COPIES = 4
# copies of the next token's logits that sampling has at once
SAMPLING_COPIES = 4
# gradients of a layer's widest states that are on their way at once
GRADIENTS_IN_FLIGHT = 3


@dataclass(frozen=True)
class Device:
    """How a run computes: the dtype of its passes, whether activations are recomputed, and on what."""

    precision: Precision = "bfloat16"
    checkpointing: bool = True
    card: bool = True


@dataclass(frozen=True)
class Memory:
    """Bytes on each device, by part; ``cast`` are weights that a pass has once more in its own dtype.

    ``activations`` and ``logits`` are a training step's, ``sampling`` is what a policy that draws from itself
    needs in between. ``engine`` is what an engine on the same card keeps.
    """

    weights: float = 0.0
    others: float = 0.0
    gradients: float = 0.0
    optimizer: float = 0.0
    cast: float = 0.0
    activations: float = 0.0
    logits: float = 0.0
    sampling: float = 0.0
    engine: float = 0.0

    @property
    def standing(self) -> float:
        """What no smaller batch can save."""
        return self.weights + self.others + self.gradients + self.optimizer + self.engine

    @property
    def total(self) -> float:
        """The peak."""
        return self.standing + max(self.cast + self.activations + self.logits, self.sampling)

    def __str__(self) -> str:
        """The parts of at least 0.1 GiB, such as ``weights 15.0, activations 4.2 GiB``."""
        sizes = {part.name: getattr(self, part.name) / GIB for part in fields(self)}
        named = [f"{_WORDS.get(part, part)} {size:.1f}" for part, size in sizes.items() if size >= 0.05]
        return f"{', '.join(named) or 'less than 0.1'} GiB"


_WORDS = {"others": "reference and reward models", "cast": "weights cast", "optimizer": "optimiser"}


def memory(
    settings: TrainingSettings,
    shapes: Shapes,
    device: Device,
    *,
    rows: int | None = None,
    launch: Launch | None = None,
    scorers: Sequence[Shapes] = (),
    reference: Shapes | None = None,
    engine: float = 0.0,
) -> Memory:
    """The memory of a run of ``settings`` on a base of ``shapes``, ``rows`` (those of the settings) at once.

    ``scorers`` are the shapes of the reward models that score samples, ``reference`` those of a model other
    than the base that the loss compares with, ``engine`` the bytes that an engine keeps on the same card.
    Rows count as ``max_length`` long.
    """
    launch = launch or Launch()
    rows = rows or settings.rows_at_once(launch.processes)
    sharded = launch.processes if launch.strategy in ("fsdp", "zero3") else 1
    stepped = 1 if launch.strategy == "ddp" else launch.processes
    learned = learned_weights(settings, shapes)
    step = _step(settings, shapes, device, rows, is_sharded=sharded > 1)
    return Memory(
        weights=_weights(settings, shapes, device) / sharded + _gathered(settings, shapes, device, launch),
        others=_reference(settings, shapes, device, reference) / sharded
        + sum(_scorer(each, device) for each in scorers),
        gradients=4 * learned / stepped * (2 if launch.several and launch.strategy == "ddp" else 1),
        optimizer=4 * MOMENTS * learned / stepped,
        sampling=_sampling(settings, shapes, device, rows, launch),
        engine=engine,
        **step,
    )


def learned_weights(settings: TrainingSettings, shapes: Shapes) -> int:
    """How many weights are learned; PPO has a critic besides."""
    scorer = shapes.scorer if settings.lora_rank is None else _adapter(settings, shapes) + shapes.hidden
    policy = shapes.parameters if settings.lora_rank is None else _adapter(settings, shapes)
    if isinstance(settings, PpoSettings):
        return policy + scorer
    return scorer if settings.scores else policy


def _adapter(settings: TrainingSettings, shapes: Shapes) -> int:
    return shapes.adapter(settings.lora_rank) if settings.lora_rank else 0


def _weights(settings: TrainingSettings, shapes: Shapes, device: Device) -> float:
    """The policy or scorer, in PPO both; float32 where learned, under an adapter as passes are."""
    numbers = shapes.scorer if settings.scores else shapes.parameters
    if isinstance(settings, PpoSettings):
        numbers += shapes.scorer
    if settings.lora_rank is None:
        return 4 * numbers
    return BYTES[device.precision] * numbers + 4 * learned_weights(settings, shapes)


def _gathered(settings: TrainingSettings, shapes: Shapes, device: Device, launch: Launch) -> float:
    """What sharding gathers again: two layers, one while the next comes, and embeddings and head."""
    if launch.strategy not in ("fsdp", "zero3"):
        return 0.0
    return BYTES[device.precision] * (2 * shapes.layer + shapes.embedding + shapes.head)


def _reference(settings: TrainingSettings, shapes: Shapes, device: Device, reference: Shapes | None) -> float:
    """The named reference, as frozen weights are; else the base once more where all weights are learned."""
    if reference is not None:
        return (4 if settings.lora_rank is None else BYTES[device.precision]) * reference.parameters
    return 4 * shapes.parameters if settings.lora_rank is None and settings.has_reference else 0.0


def _scorer(shapes: Shapes, device: Device) -> float:
    return shapes.scorer * (2 if device.card else 4)


def _step(
    settings: TrainingSettings, shapes: Shapes, device: Device, rows: int, *, is_sharded: bool
) -> dict[str, float]:
    """What forward and backward of ``rows`` rows add."""
    own, length = rows * settings.sequences, settings.max_length
    sequences = math.ceil(own / (1 - settings.share_brought_along))
    layer = kept_by_a_layer(shapes, settings.lora_rank, device.precision)
    layers = 1 if device.checkpointing else shapes.layers
    tokens = sequences * length
    kept = layers * (layer.token * tokens + layer.pair * sequences * length**2)
    if device.checkpointing:
        kept += shapes.layers * tokens * shapes.hidden * _state_width(settings, device)
    passing = GRADIENTS_IN_FLIGHT * tokens * max(shapes.intermediate, shapes.hidden) * BYTES[device.precision]
    return {
        # shards are gathered in the dtype of the passes already
        "cast": 0.0 if is_sharded else shapes.layers * layer.constant,
        "activations": kept + passing,
        "logits": _logits(settings, shapes, device, tokens),
    }


def _state_width(settings: TrainingSettings, device: Device) -> int:
    """Bytes of a number between layers: as the weights are, which passes in bfloat16 add to."""
    return 4 if settings.lora_rank is None else BYTES[device.precision]


def _logits(settings: TrainingSettings, shapes: Shapes, device: Device, tokens: int) -> float:
    if settings.scores:
        return 0.0
    if settings.has_whole_logits:
        return tokens * shapes.vocab * (BYTES[device.precision] + 4 * LOGIT_COPIES)
    height, width = min(tokens, TILE[0]), min(shapes.vocab, TILE[1])
    folded = 0 if device.card else TILE_COPIES * 4 * height * width
    learned = 4 * shapes.embedding if settings.lora_rank is None else 0
    return height * TILE[1] * BYTES[device.precision] + folded + 4 * tokens * shapes.hidden + learned


def _sampling(settings: TrainingSettings, shapes: Shapes, device: Device, rows: int, launch: Launch) -> float:
    """Keys, values and next logits of the samples that the trainer draws at once, if it does."""
    if not isinstance(settings, OnlineSettings) or samples_by_vllm(settings):
        return 0.0
    drawn = rows if isinstance(settings, PpoSettings) else settings.effective_batch / launch.processes
    cache = settings.max_length * shapes.cache(device.precision)
    # a layer's cache is copied as it grows
    return drawn * (cache * (1 + 1 / shapes.layers) + SAMPLING_COPIES * 4 * shapes.vocab)
