"""How rounds are guarded: python -m benchmarks.rounds [--json] [--quick] [--only PART]."""

from benchmarks.rounds.healthy import false_stops
from benchmarks.rounds.structure import structure
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts({"healthy": false_stops, "structure": structure}, __doc__)
