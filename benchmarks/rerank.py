"""Best of 16 by a process reward model, an outcome reward model and a vote: python benchmarks/rerank.py.

All are trained from registry versions on a lab policy's own draws; problems are held out. Both reward
models start from a stronger policy than that whose draws they choose among, from which they do not learn.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.figure import Figure, run
from benchmarks.sides.lab import Lab
from benchmarks.sides.paired import difference, mean
from benchmarks.sides.rerank_lab import PRM, Size, chosen, stronger

SEEDS = 3
FULL = Size(
    gold=300, problems=1_500, held_out=1_000, base_steps=300, many_gold=3_000, strong_steps=600,
    reward_steps=700, draws=8, best_of=16, sizes=(4,), greatest=9,
)  # fmt: skip
QUICK = Size(
    gold=24, problems=30, held_out=12, base_steps=80, many_gold=50, strong_steps=80, reward_steps=20, draws=8,
    best_of=4, sizes=(2,), greatest=9, batch_size=8,
)  # fmt: skip
PAIRS = ((f"PRM, {PRM}", "majority"), (f"PRM, {PRM}", "ORM"), ("ORM", "majority"))


def measure(quick: bool) -> Sequence[Figure]:
    """Held-out accuracy of each way of choosing, and paired differences, with 95 % intervals."""
    size, seeds = (QUICK, 1) if quick else (FULL, SEEDS)
    with tempfile.TemporaryDirectory(prefix="trimtab-rerank-") as folder:
        lab = Lab(Path(folder))
        strong = stronger(lab, size)
        found = [chosen(lab, strong, size, seed) for seed in range(seeds)]
    ways = [mean(name, [one[name] for one in found]) for name in found[0]]
    paired = [
        difference(f"{name} less {other}", [(one[name], one[other]) for one in found])
        for name, other in PAIRS
    ]
    return [*ways, *paired]


if __name__ == "__main__":
    run(measure, __doc__)
