"""Training against TRL by hand, and what soft labels are worth: python benchmarks/training.py.

The rebuild matrix on a live daemon is benchmarks/rebuild.py; learning from rewards is benchmarks/online.py.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, at_most, repeated, run
from benchmarks.sides.paired import over_seeds
from benchmarks.sides.process import smollm2
from benchmarks.sides.training.asset_overhead import asset_seconds
from benchmarks.sides.training.noisy_labels import NoisyLabels, Size
from benchmarks.sides.training.work import KINDS, TrainingWork
from tests.tiny_model import write_tiny_model

SEEDS = 5
NOISY = Size(
    gold=400, problems=3_000, base_steps=300, samples=8, held_out_share=0.25, steps=120, held_out=1_000
)
NOISY_QUICK = Size(
    gold=100,
    problems=70,
    base_steps=60,
    samples=8,
    held_out_share=0.5,
    steps=2,
    held_out=20,
    sizes=(2,),
    batch_size=4,
)
REPEATS, ROWS, STEPS, BATCH = 3, 128, 24, 4
OVERHEAD = {"rows": 16, "steps": 2, "batch_size": 4}
QUICK = {"rows": 4, "steps": 2, "batch_size": 2}


def measure(quick: bool) -> Sequence[Figure]:
    """Ratios of wall and CPU seconds, and the difference of the last losses."""
    size = QUICK if quick else {"rows": ROWS, "steps": STEPS, "batch_size": BATCH}
    with tempfile.TemporaryDirectory(prefix="trimtab-training-") as folder:
        base = write_tiny_model(Path(folder) / "tiny") if quick else smollm2()
        work = TrainingWork(Path(folder), base, **size)
        kinds = KINDS[:1] if quick else KINDS
        figures = [figure for kind in kinds for figure in _compared(work, kind, 1 if quick else REPEATS)]
    with tempfile.TemporaryDirectory(prefix="trimtab-overhead-") as folder:
        base = write_tiny_model(Path(folder) / "tiny") if quick else smollm2()
        figures += _overhead(TrainingWork(Path(folder), base, **OVERHEAD), 1 if quick else REPEATS)
    with tempfile.TemporaryDirectory(prefix="trimtab-noisy-") as folder:
        noisy = NoisyLabels(Path(folder), NOISY_QUICK if quick else NOISY)
        return [*figures, *_labels(noisy, 1 if quick else SEEDS)]


def _compared(work: TrainingWork, kind: str, repeats: int) -> Iterator[Figure]:
    """The sides in turn, so that a busy moment meets both."""
    pairs = [(work.ours(kind), work.theirs(kind)) for _ in range(repeats)]
    yield repeated(f"{kind} / TRL by hand, wall", [a.seconds / b.seconds for a, b in pairs], "x", "<= 1.03")
    yield repeated(f"{kind} / TRL by hand, CPU", [a.cpu_seconds / b.cpu_seconds for a, b in pairs], "x")
    yield repeated(f"{kind}: seconds by hand", [b.seconds for _, b in pairs], "s")
    apart = max(abs(a.loss - b.loss) for a, b in pairs)
    yield at_most(f"{kind}: last losses apart", apart, "nats", 1e-4)


def _overhead(work: TrainingWork, repeats: int) -> Iterator[Figure]:
    """What an asset takes beyond training: Pipes, manifest, hashing and committing the weights."""
    pairs = [(asset_seconds(work, seed), work.theirs("sft").seconds) for seed in range(repeats)]
    name = "an asset's step less TRL by hand"
    yield repeated(name, [ours - theirs for ours, theirs in pairs], "s", "<= 5")


def _labels(noisy: NoisyLabels, seeds: int) -> Iterator[Figure]:
    """Soft against hard targets, on the same noisy labels for the same number of steps."""
    runs = {target: [noisy.right(target, seed) for seed in range(seeds)] for target in ("soft", "hard")}
    yield Figure(name="noisy labels: held-out pairs", value=len(noisy.measured), unit="pairs")
    for index, what in enumerate(("pairs ranked rightly", "problems solved at T = 1")):
        both = {target: [outcome[index] for outcome in runs[target]] for target in runs}
        shares = {target: [fmean(right) for right in rights] for target, rights in both.items()}
        for target, values in shares.items():
            yield over_seeds(f"{target} labels: {what}", values)
        apart = [soft - hard for soft, hard in zip(shares["soft"], shares["hard"], strict=True)]
        yield over_seeds(f"soft less hard labels: {what}", apart)


if __name__ == "__main__":
    run(measure, __doc__)
