"""Judges and principles that are rules: python -m benchmarks.judges [--json] [--quick] [--only PART].

Each part is a module of this package; a part's full version keeps what it made, and goes on from there.
"""

from benchmarks.judges.batches import batches
from benchmarks.judges.dialects import dialects
from benchmarks.judges.effect import effect
from benchmarks.judges.planted import figures as planted
from benchmarks.sides.figure import run_parts

PARTS = {"batches": batches, "dialects": dialects, "effect": effect, "planted": planted}

if __name__ == "__main__":
    run_parts(PARTS, __doc__)
