"""The memory of tiny runs in bfloat16: what tensors took at the peak, beside what was estimated before."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure
from benchmarks.sides.training.memory_of_runs import Taken, memory_of_runs

LEAST, MOST = 0.75, 1.25


def estimated_memory(folder: Path, titles: Sequence[str], repeats: int) -> Iterator[Figure]:
    """What was measured over the estimate, for each kind of run, activations kept or made again."""
    passes = [list(memory_of_runs(folder / str(number), titles)) for number in range(repeats)]
    for same in zip(*passes, strict=True):
        yield _compared(same)


def _compared(taken: Sequence[Taken]) -> Figure:
    """The ratio of one kind of run, over its repeats."""
    ratios = sorted(1 / each.ratio for each in taken)
    how = "made again" if taken[0].recomputes else "kept"
    return Figure(
        name=f"memory of {taken[0].title}, activations {how}: measured / estimated",
        value=ratios[len(ratios) // 2],
        unit="x",
        interval=(ratios[0], ratios[-1]) if len(ratios) > 1 else None,
        goal=f"{LEAST:g} to {MOST:g}",
        holds=ratios[0] >= LEAST and ratios[-1] <= MOST,
    )
