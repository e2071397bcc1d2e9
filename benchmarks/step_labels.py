"""Step labels by each method against arithmetic, and what they cost: python benchmarks/step_labels.py.

Lab solutions of sums of 5 to 9 numbers; exhaustive rollouts, eight from every step, are the reference.
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
from benchmarks.sides.reasoning.steps import METHODS, Labelled, Size, labelled

FULL = Size(gold=4_000, base_steps=700, problems=700, samples=8, solutions=600)
QUICK = Size(gold=64, base_steps=10, problems=24, samples=4, solutions=8)
SHARE, LOSS = 0.25, 0.01


def measure(quick: bool) -> Sequence[Figure]:
    """Accuracy of the first error and of step labels, paired with exhaustive, and shares of its tokens."""
    with tempfile.TemporaryDirectory(prefix="trimtab-steps-") as folder:
        labels, acceptance = labelled(Lab(Path(folder)), QUICK if quick else FULL)
    reference = labels["exhaustive"]
    rate = Figure(name="pass rate of the completer", value=acceptance, unit="share")
    return [rate, *(figure for name in METHODS for figure in _figures(name, labels[name], reference))]


def _figures(name: str, labels: Labelled, reference: Labelled) -> Iterator[Figure]:
    cheap = name == "default"
    yield mean(f"{name}: first error right", [labels.first_error_right])
    yield mean(f"{name}: step labels right (of those known)", [labels.labels_right])
    yield Figure(name=f"{name}: steps with a label", value=labels.known_share, unit="share")
    yield Figure(name=f"{name}: undecided", value=labels.undecided_share, unit="share")
    share = labels.tokens / max(reference.tokens, 1)
    yield Figure(
        name=f"{name}: tokens / exhaustive",
        value=share,
        unit="ratio",
        goal=f"<= {SHARE}" if cheap else None,
        holds=share <= SHARE if cheap else None,
    )
    if labels is not reference:
        paired = difference(
            f"{name}: first error right, less exhaustive",
            [(labels.first_error_right, reference.first_error_right)],
        )
        assert paired.value is not None
        goal = {"goal": f">= -{LOSS}", "holds": paired.value >= -LOSS} if cheap else {}
        yield paired.model_copy(update=goal)


if __name__ == "__main__":
    run(measure, __doc__)
