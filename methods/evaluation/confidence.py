"""How well confidence tells right from wrong: expected calibration error, and risk over coverage."""

from collections.abc import Sequence
from itertools import groupby

NUM_BINS = 10
# how sure a model is, from 0 to 1, and whether it is right
Trusted = tuple[float, bool]


def expected_calibration_error(answers: Sequence[Trusted]) -> float:
    """The mean distance of confidence from the share that is right, over ten bins of equal width.

    Bins weigh as many answers as they hold (Guo et al. 2017); an answer of confidence 1 is in the last.
    """
    bins: dict[int, list[Trusted]] = {}
    for confidence, right in answers:
        bins.setdefault(min(int(confidence * NUM_BINS), NUM_BINS - 1), []).append((confidence, right))
    distances = (
        abs(sum(confidence for confidence, _ in held) - sum(right for _, right in held))
        for held in bins.values()
    )
    return sum(distances) / len(answers)


def risk_coverage_area(answers: Sequence[Trusted]) -> float:
    """The mean share of wrong answers among the surest 1, 2, … all of them (AURC, Geifman and El-Yaniv 2017).

    Answers of equal confidence have no order: each of them adds their mean risk.
    """
    area = wrong = 0.0
    taken = 0
    ordered = sorted(answers, key=lambda answer: -answer[0])
    for _, alike in groupby(ordered, key=lambda answer: answer[0]):
        rights = [right for _, right in alike]
        risk = 1 - sum(rights) / len(rights)
        for _ in rights:
            taken, wrong = taken + 1, wrong + risk
            area += wrong / taken
    return area / len(answers)
