"""PPO, RLOO and GRPO on a verifier's reward, against RFT on as many samples: python benchmarks/online.py."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, repeated, run
from benchmarks.sides.paired import difference, mean
from benchmarks.sides.training.online import RFT, TRAINERS, Learned, Size, learned

SEEDS = 3
LAB = Size(
    gold=3_000, base_steps=450, prompts=16, num_draws=8, steps=40, rft_steps=150, held_out=1_000, rate=1e-4
)
QUICK = Size(
    gold=120,
    base_steps=80,
    prompts=8,
    num_draws=4,
    steps=4,
    rft_steps=4,
    held_out=20,
    sizes=(2,),
    rft_batch_size=1,
)


def measure(quick: bool) -> Sequence[Figure]:
    """Held-out accuracy at T = 1 of each way, the accuracy of samples by step, and differences from RFT."""
    size, seeds = (QUICK, 1) if quick else (LAB, SEEDS)
    # a seed needs one core, and a state folder of its own, which trainers find in the environment
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        runs = list(pool.map(_seed, [size] * seeds, range(seeds)))
    return [*_accuracies(runs), *_by_step(runs), *_tokens(runs)]


def _seed(size: Size, seed: int) -> Learned:
    with tempfile.TemporaryDirectory(prefix="trimtab-online-") as folder:
        return learned(Path(folder), size, seed)


def _accuracies(runs: Sequence[Learned]) -> Iterator[Figure]:
    for name in runs[0].right:
        yield mean(f"{name}: held-out problems solved", [result.right[name] for result in runs])
    for name in TRAINERS:
        for other in ("base", RFT):
            both = [(result.right[name], result.right[other]) for result in runs]
            yield difference(f"{name} less {other}", both)


def _by_step(runs: Sequence[Learned]) -> Iterator[Figure]:
    for name in TRAINERS:
        for part, values in enumerate(zip(*(result.by_step[name] for result in runs), strict=True), start=1):
            yield repeated(f"{name}: samples accepted, quarter {part} of the steps", values, "share")


def _tokens(runs: Sequence[Learned]) -> Iterator[Figure]:
    for name in runs[0].tokens:
        yield repeated(f"{name}: tokens sampled", [result.tokens[name] for result in runs], "tokens")


if __name__ == "__main__":
    run(measure, __doc__)
