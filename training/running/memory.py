"""A run that is short of memory resumes once with half the micro-batch, and the same effective batch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from datasets_registry.errors import ModelFailed
from datasets_registry.state import durable
from training.settings.learning import TrainingSettings
from training.settings.run import AnyConfig

FILE = "micro_batch.json"


@dataclass(frozen=True)
class MicroBatch:
    """Rows that a device takes at once, and how many times it does for a step of the optimiser."""

    size: int
    accumulation: int

    def halved(self) -> "MicroBatch":
        """At most half the rows at once, and as many for a step: the new size divides the old one."""
        size = max(part for part in range(1, self.size // 2 + 1) if self.size % part == 0)
        return MicroBatch(size, self.accumulation * self.size // size)


class OutOfMemory(ModelFailed):
    """Memory was short: the same command, started again, takes fewer rows at once."""


def configured(config: AnyConfig, settings: TrainingSettings) -> MicroBatch:
    """The micro-batch of the settings, by which the launch's processes make one step together."""
    processes = config.launch.processes
    size = settings.rows_at_once(processes)
    return MicroBatch(size, settings.effective_batch // (size * processes))


def micro_batch(config: AnyConfig, settings: TrainingSettings) -> MicroBatch:
    """The run's micro-batch: that of its settings, or the smaller one after memory was short."""
    path = config.output / FILE
    return MicroBatch(**json.loads(path.read_text())) if path.exists() else configured(config, settings)


@contextmanager
def halving(config: AnyConfig, settings: TrainingSettings) -> Iterator[None]:
    """Where memory is short within: OutOfMemory the first time, ModelFailed with the remedy the second."""
    tried = micro_batch(config, settings)
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_short(error):
            raise
        planned = configured(config, settings)
        if tried.size == 1 or tried != planned:
            raise ModelFailed(
                f"{config.name}: out of memory even with {tried.size} of {planned.size} rows at once: "
                "lower max_length, train an adapter (lora_rank), or shard the model over GPUs ([launch])"
            ) from error
        smaller = tried.halved()
        with durable(config.output / FILE) as temporary:
            temporary.write_text(json.dumps(asdict(smaller)))
        raise OutOfMemory(
            f"{config.name}: out of memory with {tried.size} rows at once: resumes from its last checkpoint "
            f"with {smaller.size}, {smaller.accumulation} times for each step"
        ) from error


def _is_short(error: Exception) -> bool:
    import torch
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or should_reduce_batch_size(error)
