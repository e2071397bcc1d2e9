"""Best of 16 by a process reward model, an outcome reward model and a vote: python benchmarks/rerank.py.

All are trained from registry versions on a lab policy's own draws; problems are held out.
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
from benchmarks.sides.rerank_lab import PRM, Size, chosen

SEEDS = 3
FULL = Size(gold=400, problems=600, held_out=1_000, base_steps=450, reward_steps=250, draws=8, best_of=16)
QUICK = Size(gold=48, problems=32, held_out=16, base_steps=10, reward_steps=3, draws=4, best_of=4)
PAIRS = ((f"PRM, {PRM}", "majority"), (f"PRM, {PRM}", "ORM"), ("ORM", "majority"))


def measure(quick: bool) -> Sequence[Figure]:
    """Held-out accuracy of each way of choosing, and paired differences, with 95 % intervals."""
    size, seeds = (QUICK, 1) if quick else (FULL, SEEDS)
    found = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(prefix="trimtab-rerank-") as folder:
            found.append(chosen(Lab(Path(folder)), size, seed))
    ways = [mean(name, [one[name] for one in found]) for name in found[0]]
    paired = [
        difference(f"{name} less {other}", [(one[name], one[other]) for one in found])
        for name, other in PAIRS
    ]
    return [*ways, *paired]


if __name__ == "__main__":
    run(measure, __doc__)
