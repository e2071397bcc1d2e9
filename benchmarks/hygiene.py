"""The hygiene finders and blocking checks over many preference pairs: python benchmarks/hygiene.py."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.alone import alone
from benchmarks.sides.figure import Figure, at_most, repeated, run
from benchmarks.sides.labels import hygiene as work

PAIRS, QUICK_PAIRS = 100_000, 5_000
# on two cores, for 100,000 pairs
GOALS = {"check: contamination of the pairs": 15.0}


def measure(quick: bool) -> Sequence[Figure]:
    """Seconds of each finder and check, and the peak memory of them all."""
    pairs = QUICK_PAIRS if quick else PAIRS
    with tempfile.TemporaryDirectory(prefix="trimtab-hygiene-") as name:
        work.write(Path(name), pairs)
        taken, megabytes = alone(work.measure, Path(name))
    figures = []
    for finder, (seconds, _) in taken.items():
        title, goal = f"{pairs:,} pairs: {finder}", GOALS.get(finder)
        figures.append(repeated(title, [seconds], "s", f"<= {goal}" if goal else None))
    planted, reported = (pairs - 1) // work.COPIED, taken["duplicates"][1]
    missed = repeated("planted near duplicates found", [reported / planted], "share", ">= 0.99")
    return [*figures, missed, at_most("peak memory", megabytes, "MB", 3_000)]


if __name__ == "__main__":
    run(measure, __doc__)
