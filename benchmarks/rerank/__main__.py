"""Best of 16 by a process reward model, an outcome reward model and a vote: python -m benchmarks.rerank.

All are trained from registry versions on a lab policy's own samples; problems are held out. Both reward
models start from a stronger policy than the one whose samples they rank; it samples the rollouts too.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure, repeated, run
from benchmarks.sides.lab import Lab
from benchmarks.sides.paired import difference, mean
from benchmarks.sides.reasoning.rerank import PRM, Chosen, Size, chosen, stronger

SEEDS = 3
FULL = Size(
    gold=400,
    problems=5_000,
    held_out=1_000,
    base_steps=450,
    many_gold=3_000,
    strong_steps=900,
    reward_steps=3_000,
    samples=16,
    per_problem=8,
    best_of=16,
)
QUICK = Size(
    gold=24,
    problems=30,
    held_out=12,
    base_steps=80,
    many_gold=50,
    strong_steps=80,
    reward_steps=20,
    samples=8,
    per_problem=4,
    best_of=4,
    sizes=(2,),
    greatest=9,
    batch_size=8,
)
PAIRS = (
    (f"PRM, {PRM}", "majority"),
    (f"PRM, {PRM}, vote", "majority"),
    (f"PRM, {PRM}", "ORM"),
    ("ORM", "majority"),
)


def measure(quick: bool) -> Sequence[Figure]:
    """Held-out accuracy of each way of choosing, and paired differences, with 95 % intervals."""
    size, seeds = (QUICK, 1) if quick else (FULL, SEEDS)
    with tempfile.TemporaryDirectory(prefix="trimtab-rerank-") as folder:
        lab = Lab(Path(folder))
        strong = stronger(lab, size)
        results = [_reported(seed, chosen(lab, strong, size, seed)) for seed in range(1, seeds + 1)]
    ways = [mean(name, [shares[name] for shares, _ in results]) for name in results[0][0]]
    paired = [
        difference(f"{name} less {other}", [(shares[name], shares[other]) for shares, _ in results])
        for name, other in PAIRS
    ]
    scores = [
        repeated(f"{name}: right of those not trained on", [rights[name] for _, rights in results], "share")
        for name in results[0][1]
    ]
    return [*scores, *ways, *paired]


def _reported(seed: int, result: Chosen) -> Chosen:
    """Print the result of a seed, as three take an hour."""
    solved, right = result
    shares = {name: sum(some) / len(some) for name, some in solved.items()} | right
    line = ", ".join(f"{name} {share:.3f}" for name, share in shares.items())
    print(f"seed {seed}: {line}", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    run(measure, __doc__)
