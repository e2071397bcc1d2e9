"""Oversight against controls: python -m benchmarks.oversight [--json] [--quick] [--only PART] [--folder DIR].

Seeds of debates and of amplification are kept in the folder as they end: the same command goes on.
"""

from benchmarks.oversight.amplification import amplification
from benchmarks.oversight.debates import debates
from benchmarks.oversight.planted import planted
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts({"planted": planted}, __doc__, {"debates": debates, "amplification": amplification})
