"""Simulated reviewers: python -m benchmarks.review [--json] [--quick] [--only PART]."""

from benchmarks.review.chance import chance
from benchmarks.review.coverage import coverage
from benchmarks.review.gate import gate
from benchmarks.review.labels import labels
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts({"gate": gate, "coverage": coverage, "chance": chance, "labels": labels}, __doc__)
