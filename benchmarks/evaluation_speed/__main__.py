"""Likelihoods against the plain forward pass: python -m benchmarks.evaluation_speed [--json] [--quick]."""

from benchmarks.evaluation_speed.likelihood import likelihood
from benchmarks.sides.figure import run

if __name__ == "__main__":
    run(likelihood, __doc__)
