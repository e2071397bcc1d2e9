"""Whether a run fits its card, with how many rows at once, and what to change where it does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from generation.models.shapes import Shapes
from training.estimates.memory import GIB, Device, Memory, memory
from training.settings.launch import Launch
from training.settings.learning import TrainingSettings
from training.settings.online import samples_by_vllm
from training.settings.sampler import WINDOW, SamplerEngine

# of a card: its context, the libraries' buffers, and what fragments leave
RESERVE = 0.08
ONE = Launch()
# more devices than this are not looked for
MOST_DEVICES = 1024


@dataclass(frozen=True)
class Job:
    """A run before it begins: what it trains, on what, and the reward models beside it.

    ``reference`` is the model that it compares with, where that is another than the base. ``engine`` are the
    bytes that an engine keeps on the same card.
    """

    title: str
    settings: TrainingSettings
    shapes: Shapes
    device: Device
    launch: Launch = ONE
    scorers: Sequence[Shapes] = ()
    reference: Shapes | None = None
    engine: float = 0.0

    def memory(self, rows: int | None = None, **changes: object) -> Memory:
        """Its memory on each device with ``rows`` at once; ``changes`` replace settings."""
        return memory(
            self.settings.model_copy(update=changes),
            self.shapes,
            self.device,
            rows=rows,
            launch=self.launch,
            scorers=self.scorers,
            reference=self.reference,
            engine=self.engine,
        )


@dataclass(frozen=True)
class Fitted:
    """The rows at once that fit, at most those of the settings, and the memory that they take."""

    rows: int
    memory: Memory


def engine_bytes(settings: TrainingSettings, engine: SamplerEngine, card: float) -> float:
    """What an engine that samples for the run keeps of its card; nothing where it samples by itself."""
    return engine.bytes_of(card) if samples_by_vllm(settings) else 0.0


def usable(card: float) -> float:
    """What a run may fill of a card of so many bytes."""
    return card * (1 - RESERVE)


def fitted(job: Job, card: float) -> Fitted:
    """The most rows at once that fit a card of ``card`` bytes, a divisor of those of the settings.

    Raises BadInput with the figures and the number to change where not even the fewest rows fit, or where an
    engine beside the run has too little room.
    """
    _require_engine(job)
    batch, least = job.settings.rows_at_once(job.launch.processes), job.settings.fewest_at_once
    divisors = [rows for rows in range(batch, least - 1, -1) if batch % rows == 0]
    for rows in divisors:
        taken = job.memory(rows)
        if taken.total <= usable(card):
            return Fitted(rows, taken)
    fewest = divisors[-1]
    taken = job.memory(fewest)
    raise BadInput(
        f"{job.title}: {fewest} row{'s' if fewest > 1 else ''} at once of max_length "
        f"{job.settings.max_length} need {taken.total / GIB:.1f} GiB, and a run may fill "
        f"{usable(card) / GIB:.1f} of the card's {card / GIB:.1f} GiB ({taken}): {_remedy(job, taken, card)}"
    )


def _require_engine(job: Job) -> None:
    """Raise BadInput where the engine beside the run cannot hold the base and one whole text."""
    needed = job.shapes.size() + max(job.settings.max_length, WINDOW) * job.shapes.cache()
    if 0 < job.engine < needed:
        raise BadInput(
            f"{job.title}: the engine that samples beside it needs {needed / GIB:.1f} GiB for the base and "
            f"one text, and has {job.engine / GIB:.1f} GiB: raise sampler_engine.gpu_memory_utilization"
        )


def _remedy(job: Job, taken: Memory, card: float) -> str:
    """The number to change: the length where that is enough, else what is learned or how it is shared."""
    rows = job.settings.fewest_at_once
    if taken.standing < usable(card):
        length = _most(lambda each: job.memory(rows, max_length=each), job.settings.max_length, card)
        if length >= 64:
            return f"lower max_length to {length}"
    ways = []
    if job.settings.lora_rank is None:
        ways.append("train an adapter (lora_rank = 16)")
    if job.settings.several_processes and (devices := _devices(job, card)):
        ways.append(f"shard it: [launch] strategy = 'fsdp', processes = {devices}")
    return ", or ".join(ways) or "take a smaller model or a larger card"


def _most(memory_of: Callable[[int], Memory], largest: int, card: float) -> int:
    """The largest length below ``largest`` that fits, a multiple of 16; 0 where none does."""
    below, above = 0, largest // 16
    while below < above:
        middle = (below + above + 1) // 2
        fits = memory_of(16 * middle).total <= usable(card)
        below, above = (middle, above) if fits else (below, middle - 1)
    return 16 * below


def _devices(job: Job, card: float) -> int | None:
    """The fewest devices, of powers of two, over which a shard of the run fits each."""
    processes = max(2, 2 * job.launch.processes if job.launch.strategy != "ddp" else 2)
    while processes <= MOST_DEVICES:
        launch = Launch(processes=processes, strategy="fsdp")
        shared = Job(job.title, job.settings, job.shapes, job.device, launch, job.scorers, engine=job.engine)
        if shared.memory(job.settings.fewest_at_once).total <= usable(card):
            return processes
        processes *= 2
    return None
