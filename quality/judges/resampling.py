"""Intervals of figures that are no shares, by drawing again the units that vary: prompts, or their groups."""

import math
from collections.abc import Callable

import numpy as np

from datasets_registry.hashing import derive_seed
from datasets_registry.intervals import student_quantile

RESAMPLES = 2_000


def resampled_interval(
    units: np.ndarray, statistic: Callable[[np.ndarray], float]
) -> tuple[float, float] | None:
    """The 95 % percentile interval of a statistic of rows, each one unit; None for a single unit.

    The percentiles are widened for few units, as Student's are (Hesterberg 2015). It is seeded by the values,
    so it is reproducible.
    """
    count = len(units)
    if count < 2:
        return None
    generator = np.random.default_rng(derive_seed("bootstrap", units.tolist()))
    resamples = generator.integers(0, count, size=(RESAMPLES, count))
    figures = [statistic(units[positions]) for positions in resamples]
    tail = 50 * math.erfc(student_quantile(count - 1) * math.sqrt(count / (count - 1) / 2))
    low, high = np.percentile(figures, [tail, 100 - tail])
    return float(low), float(high)
