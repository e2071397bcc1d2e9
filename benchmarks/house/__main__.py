"""What the source weighs: python -m benchmarks.house [--json] [--quick]."""

from benchmarks.house.bounds import measure
from benchmarks.sides.figure import run

if __name__ == "__main__":
    run(measure, __doc__)
