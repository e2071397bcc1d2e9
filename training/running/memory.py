"""A run's rows at once: as many as its card should take, and half where memory was short after all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from datasets_registry.errors import ModelFailed, first_line
from datasets_registry.state import durable
from generation.cards.lost import says_lost
from training.settings.learning import TrainingSettings
from training.settings.run import AnyConfig

FILE = "micro_batch.json"


@dataclass(frozen=True)
class MicroBatch:
    """Rows that a device takes at once, and how many times it does for a step of the optimiser."""

    size: int
    accumulation: int

    def of(self, size: int) -> "MicroBatch":
        """The same batch, ``size`` rows at once, which divides the size of now."""
        return MicroBatch(size, self.accumulation * self.size // size)

    def halved(self) -> "MicroBatch":
        """At most half the rows at once, and as many for a step."""
        return self.of(max(part for part in range(1, self.size // 2 + 1) if self.size % part == 0))


class OutOfMemory(ModelFailed):
    """Memory was short: the same command, started again, takes fewer rows at once."""


def configured(config: AnyConfig, settings: TrainingSettings) -> MicroBatch:
    """The micro-batch of the settings, by which the launch's processes make one step together."""
    processes = config.launch.processes
    size = settings.rows_at_once(processes)
    return MicroBatch(size, settings.effective_batch // (size * processes))


def micro_batch(
    config: AnyConfig, settings: TrainingSettings, planned: MicroBatch | None = None
) -> MicroBatch:
    """The run's micro-batch: ``planned``, that of its settings, or half of it after memory was short."""
    path, first = config.output / FILE, configured(config, settings)
    halved = MicroBatch(**json.loads(path.read_text())) if path.exists() else None
    # one that another run left may make other steps
    if halved and halved.size * halved.accumulation == first.size * first.accumulation:
        return halved
    return planned or first


@contextmanager
def halving(
    config: AnyConfig, settings: TrainingSettings, planned: MicroBatch | None = None
) -> Iterator[None]:
    """Where memory is short within: OutOfMemory the first time, ModelFailed with the remedy the second.

    ModelFailed with the remedy too where a card is lost.
    """
    tried = micro_batch(config, settings, planned)
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_short(error):
            _tell_lost(config, error)
            raise
        smaller = tried.halved() if tried.size > 1 else tried
        first = planned or configured(config, settings)
        if tried.size == 1 or tried != first or smaller.size < settings.fewest_at_once:
            raise ModelFailed(
                f"{config.name}: out of memory even with {tried.size} of {first.size} rows at once: "
                "lower max_length, train an adapter (lora_rank), or shard the model over GPUs ([launch])"
            ) from error
        with durable(config.output / FILE) as temporary:
            temporary.write_text(json.dumps(asdict(smaller)))
        raise OutOfMemory(
            f"{config.name}: out of memory with {tried.size} rows at once: resumes from its last checkpoint "
            f"with {smaller.size}, {smaller.accumulation} times for each step"
        ) from error


def _tell_lost(config: AnyConfig, error: Exception) -> None:
    """Raise ModelFailed where ``error`` is of a card that is gone."""
    if says_lost(str(error)):
        raise ModelFailed(
            f"{config.name}: a card was lost ({first_line(error)}): see what `nvidia-smi` says of it, "
            "and reset it or leave it out by CUDA_VISIBLE_DEVICES; run again, the run goes on from its last "
            "checkpoint"
        ) from error


def _is_short(error: Exception) -> bool:
    import torch
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or should_reduce_batch_size(error)
