"""Planted models on every suite, and the speed of figures: python -m benchmarks.evaluation [--json].

The matrix of what each planted model moves is a module of this package, written before any run.
"""

from benchmarks.evaluation.speed import speed
from benchmarks.evaluation.table import table
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts({"planted": table, "speed": speed}, __doc__)
