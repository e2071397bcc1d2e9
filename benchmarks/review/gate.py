"""How often the gate passes a judge of known agreement, beside what the binomial distribution says."""

import math
from collections.abc import Iterator

from benchmarks.review.reviewers import reviewed, version
from benchmarks.sides.figure import Figure
from datasets_registry.intervals import wilson_interval
from quality.review.figures import agreement
from quality.review.settings import ReviewGate, ReviewSelection

RATES = (0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90)
RUNS, QUICK_RUNS = 2000, 200
# labelled pairs alone, so that all of the hundred decide
DECIDED = ReviewSelection(tie_share=0)
# a tenth more errors than chance explains would be an error of the simulation
_DEVIATIONS = 3.5


def gate(quick: bool) -> Iterator[Figure]:
    """The share of runs that pass at each true agreement, of a sample of 100 decided pairs and of 200."""
    runs = QUICK_RUNS if quick else RUNS
    for number in (100, 200):
        for rate in RATES:
            passed = sum(passes(rate, number, seed) for seed in range(runs)) / runs
            expected = pass_rate(rate, number)
            error = _DEVIATIONS * math.sqrt(max(expected * (1 - expected), 1 / runs) / runs)
            yield Figure(
                name=f"passes at agreement {rate:.2f} with {number} pairs",
                value=passed,
                unit="share of runs",
                interval=wilson_interval(passed * runs, runs),
                goal=f"{expected:.3f} +- {error:.3f}",
                holds=abs(passed - expected) <= error,
            )


def passes(rate: float, number: int, seed: int) -> bool:
    """Whether one sample of a judge with whom people agree at ``rate`` passes the default gate."""
    pairs = version({"kind": (100, 150, 250)})
    agreed = agreement(
        reviewed(
            pairs,
            DECIDED.model_copy(update={"number": number}),
            {("kind", band): rate for band in range(3)},
            seed,
        )
    )
    return agreed is not None and agreed.low >= ReviewGate().at_least


def pass_rate(rate: float, number: int) -> float:
    """The binomial probability of so many agreeing pairs that Wilson's lower end reaches the bound."""
    needed = next(
        count for count in range(number + 1) if wilson_interval(count, number)[0] >= ReviewGate().at_least
    )
    return sum(
        math.comb(number, count) * rate**count * (1 - rate) ** (number - count)
        for count in range(needed, number + 1)
    )
