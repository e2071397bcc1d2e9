"""How often intervals of kappa and AC1 hold what they would be of endless pairs, at even and rare labels."""

from collections.abc import Callable, Iterator
from random import Random

from benchmarks.review.covered import covered
from benchmarks.sides.figure import Figure
from datasets_registry.rows.review.agreement import ReviewFigure
from quality.judges.beyond_chance import CHANCES
from quality.review.measures.people import Row, beyond_chance_figures
from quality.review.settings import ReviewGate

ACCURACIES = (0.6, 0.7, 0.8, 0.9)
# how often the label names a: sides are drawn evenly, and a judge may like one
SHARES = (0.5, 0.2)
PAIRS, RUNS, QUICK_RUNS = 100, 2_000, 40


def chance(quick: bool) -> Iterator[Figure]:
    """Coverage of both figures with 100 reviewed pairs."""
    runs = QUICK_RUNS if quick else RUNS
    for share in SHARES:
        for accuracy in ACCURACIES:
            found = [_figures(share, accuracy, seed) for seed in range(runs)]
            for name, by_chance in CHANCES.items():
                truth = _truth(share, accuracy, by_chance)
                intervals = [(each[name].low, each[name].high) for each in found]
                place = f"reviewers of accuracy {accuracy:.1f}, labels name a in {share:.1f}"
                yield covered(f"{place}: {name} interval", intervals, truth)


def _figures(share: float, accuracy: float, seed: int) -> dict[str, ReviewFigure]:
    draw, rows = Random(seed), list[Row]()
    for place in range(PAIRS):
        label, agrees = draw.random() < share, draw.random() < accuracy
        rows.append((str(place), agrees, label == agrees, label))
    return {row.figure: row for row in beyond_chance_figures("", rows, ReviewGate())}


def _truth(share: float, accuracy: float, by_chance: Callable[[float, float], float]) -> float:
    people = share * accuracy + (1 - share) * (1 - accuracy)
    expected = by_chance(people, share)
    return (accuracy - expected) / (1 - expected)
