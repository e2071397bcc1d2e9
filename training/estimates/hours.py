"""Time of a training run from shapes, settings and rows, at stated shares of a card's peak."""

from dataclasses import dataclass

from generation.models.shapes import BYTES, Shapes
from training.estimates.activations import Precision
from training.settings.launch import Launch
from training.settings.learning import TrainingSettings
from training.settings.online import OnlineSettings, samples_by_vllm
from training.settings.ppo import PpoSettings

# operations of a weight and a token: a product and a sum
PASS = 2


@dataclass(frozen=True)
class Rates:
    """What programs reach: operations a second in training and in reading, bytes a second in writing tokens.

    ``step_seconds`` is the least time of a token by transformers, for all rows together.
    """

    training: float
    prefill: float
    decoding: float
    step_seconds: float


def training_seconds(
    settings: TrainingSettings,
    shapes: Shapes,
    rates: Rates,
    rows: int,
    launch: Launch,
    *,
    checkpointing: bool,
) -> float:
    """All steps on ``rows`` rows of ``max_length`` tokens: learning, and sampling where a policy does."""
    used = rows_used(settings, rows)
    tokens = used * settings.sequences * settings.max_length / (1 - settings.share_brought_along)
    operations = tokens * passes(settings, checkpointing=checkpointing) * PASS * _multiplied(settings, shapes)
    seconds = operations / rates.training / launch.processes
    if isinstance(settings, OnlineSettings):
        seconds += sampling_seconds(settings, shapes, rates, used, launch)
    return seconds


def rows_used(settings: TrainingSettings, rows: int) -> float:
    """Rows, or samples, that all steps read."""
    if isinstance(settings, OnlineSettings):
        rows = min(rows, settings.number or rows) * settings.num_draws
    passed = rows * settings.num_epochs
    return float(settings.effective_batch * settings.max_steps) if settings.max_steps else passed


def passes(settings: TrainingSettings, *, checkpointing: bool) -> int:
    """Forward passes, or halves of backward passes, that a learned token takes.

    A backward pass of an adapter has the gradients of states alone, and one of all weights those of weights
    too. A reference reads each token once more; PPO's critic does all that its policy does.
    """
    learning = (2 if settings.lora_rank is not None else 3) + checkpointing
    if isinstance(settings, PpoSettings):
        return 2 * (1 + settings.ppo_epochs * learning) + 1
    compares = settings.has_reference
    return learning + compares


def sampling_seconds(
    settings: OnlineSettings, shapes: Shapes, rates: Rates, samples: float, launch: Launch
) -> float:
    """Sampling a step's samples at once: by an engine in each process, or by transformers.

    Transformers waits for the longest sample, on however many cards.
    """
    if samples_by_vllm(settings):
        return _by_engines(settings, shapes, rates, samples / launch.processes, launch)
    at_once = settings.batch_size if isinstance(settings, PpoSettings) else settings.effective_batch
    return samples / at_once * settings.max_completion_length * rates.step_seconds


def _by_engines(
    settings: OnlineSettings, shapes: Shapes, rates: Rates, samples: float, launch: Launch
) -> float:
    """An engine's time for its share of the samples; a prompt is read once for all of its samples."""
    written = settings.max_completion_length
    asked = settings.max_length - written
    reading = reading_seconds(shapes, rates, samples / settings.num_draws * asked)
    at_once = max(1, settings.effective_batch // launch.processes)
    length = asked + written // 2
    return reading + writing_seconds(shapes, rates, samples * written, at_once, length, "bfloat16")


def _multiplied(settings: TrainingSettings, shapes: Shapes) -> int:
    """The weights that a token is multiplied with."""
    return shapes.multiplied - (shapes.embedding if settings.scores else 0)


def reading_seconds(shapes: Shapes, rates: Rates, tokens: float) -> float:
    """Reading ``tokens`` of prompts."""
    return PASS * shapes.multiplied * tokens / rates.prefill


def writing_seconds(
    shapes: Shapes, rates: Rates, tokens: float, at_once: int, length: int, precision: Precision
) -> float:
    """Writing ``tokens``, ``at_once`` sequences of ``length`` at a time; each reads weights and caches."""
    step = (
        shapes.multiplied * BYTES[precision] + at_once * length * shapes.cache(precision)
    ) / rates.decoding
    return tokens / at_once * step
