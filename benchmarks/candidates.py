"""Samples that stopping rules save, and what the pipeline itself costs: python benchmarks/candidates.py."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.alone import alone
from benchmarks.sides.figure import Figure, at_most, repeated, run
from benchmarks.sides.reasoning import candidates as work

PROBLEMS, QUICK_PROBLEMS, SAMPLES = 100_000, 2_000, 16
MINED, QUICK_MINED, MOST = 5_000, 500, 30
RATES = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9)


def measure(quick: bool) -> Sequence[Figure]:
    """Shares of samples for pairs, then rows per second and memory of samples to a passed version."""
    return [
        *_mining(QUICK_MINED if quick else MINED),
        *_pipeline(QUICK_PROBLEMS if quick else PROBLEMS, quick),
    ]


def _mining(problems: int) -> Iterator[Figure]:
    """Samples until one is right and one wrong, as a share of always 30, and the pairs that are missed."""
    for rate in RATES:
        shares = work.mined(problems, rate, MOST)
        title = f"pass rate {rate}: pairs"
        yield Figure(name=f"{title}, samples / fixed {MOST}", value=shares.samples_share, unit="ratio")
        yield Figure(name=f"{title}, found / fixed {MOST}", value=shares.pairs_share, unit="ratio")


def _pipeline(problems: int, quick: bool) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="trimtab-candidates-") as folder:
        whole = alone(work.pipeline, Path(folder), problems, SAMPLES)
    title = f"{problems:,} problems x {SAMPLES} samples"
    yield repeated(f"{title}: rows", [whole.num_rows], "rows", f"== {problems * SAMPLES}")
    yield repeated(f"{title}: pipeline, without the backend", [whole.rows_per_second], "rows/s", ">= 20000")
    yield at_most(f"{title}: peak memory", whole.megabytes, "MB", 2_000)
    with tempfile.TemporaryDirectory(prefix="trimtab-candidates-") as folder:
        half = alone(work.pipeline, Path(folder), problems // 2, SAMPLES)
    yield repeated("peak memory / that of half as many", [whole.megabytes / half.megabytes], "ratio")


if __name__ == "__main__":
    run(measure, __doc__)
