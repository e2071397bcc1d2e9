"""What a run costs as it grows: python -m benchmarks.scale [--json] [--quick] [--only PART]."""

from benchmarks.scale import fleet, judging, lookups
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts({"lookups": lookups.measure, "fleet": fleet.measure, "judging": judging.measure}, __doc__)
