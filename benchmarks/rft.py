"""Rejection-sampling fine-tuning against controls that could refute it: python benchmarks/rft.py.

Gold solutions are scarce, problems with answers many. From one base policy, for the same number of steps
each: one round of RFT, three rounds, the same gold again, and as many gold solutions as RFT selected.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, run
from benchmarks.sides.lab import Lab
from benchmarks.sides.paired import difference, mean
from benchmarks.sides.reasoning.rft_arms import Arms, Size
from benchmarks.sides.reasoning.rft_smollm2 import smollm2

SEEDS, LAB = 3, Size(gold=300, problems=2_000, held_out=2_000, base_steps=450, round_steps=300, samples=8)
QUICK = Size(gold=64, problems=64, held_out=64, base_steps=20, round_steps=8, samples=2)
PAIRS = (
    ("RFT, one round", "gold again, as many steps"),
    ("RFT, one round", "as many gold solutions as RFT selected"),
    ("RFT, three rounds", "gold again, thrice the steps"),
    ("RFT, three rounds", "RFT, one round"),
)


def measure(quick: bool) -> Sequence[Figure]:
    """Held-out accuracy of each arm, greedy and sampled, and paired differences, with 95 % intervals."""
    size, seeds = (QUICK, 1) if quick else (LAB, SEEDS)
    arms = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(prefix="trimtab-rft-") as folder:
            arms.append(Arms.of(Lab(Path(folder)), size, seed))
    figures = [*_accuracies(arms), *_differences(arms), *_selected(arms)]
    return figures if quick else [*figures, *smollm2()]


def _accuracies(arms: Sequence[Arms]) -> Iterator[Figure]:
    for way in ("greedy", "T=1"):
        for name in arms[0].right[way]:
            yield mean(f"{name}, {way}", [arm.right[way][name] for arm in arms])


def _differences(arms: Sequence[Arms]) -> Iterator[Figure]:
    for way in ("greedy", "T=1"):
        for name, control in PAIRS:
            both = [(arm.right[way][name], arm.right[way][control]) for arm in arms]
            yield difference(f"{name} less {control}, {way}", both)


def _selected(arms: Sequence[Arms]) -> Iterator[Figure]:
    for seed, arm in enumerate(arms):
        title = f"seed {seed}"
        yield Figure(name=f"{title}: selected in round one", value=arm.num_selected, unit="rows")
        yield Figure(
            name=f"{title}: accepted samples with a wrong step", value=arm.wrong_step_share, unit="share"
        )


if __name__ == "__main__":
    run(measure, __doc__)
