"""Single labels, one word of which is rare: how often intervals hold agreement, kappa, AC1 and true rate."""

from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.review.covered import Ends, covered
from benchmarks.sides.figure import Figure
from quality.review.absolute.chance import Rated, beyond_chance_figures
from quality.review.absolute.drawing import drawn_of
from quality.review.settings import LabelSelection, ReviewGate
from quality.review.weighted import Reviewed, doubly_robust, weighted_share

ACCURACIES = (0.6, 0.7, 0.8, 0.9)
# a twentieth of the labels is wrong
LABELS = ["wrong" if place % 20 == 0 else "right" for place in range(2000)]
RUNS, QUICK_RUNS = 400, 40
FIGURES = ("agreement", "cohen_kappa", "gwet_ac1", "true_rate")


def labels(quick: bool) -> Iterator[Figure]:
    """Coverage with 100 reviews, of which a quarter is of wrong labels."""
    runs = QUICK_RUNS if quick else RUNS
    for accuracy in ACCURACIES:
        found = [_figures(accuracy, seed) for seed in range(runs)]
        for name, truth in zip(FIGURES, _truths(accuracy), strict=True):
            intervals = [each[FIGURES.index(name)] for each in found]
            yield covered(f"labels, reviewers of accuracy {accuracy:.1f}: {name} interval", intervals, truth)


def _figures(accuracy: float, seed: int) -> Sequence[Ends]:
    """The intervals of one sample, in the order of ``FIGURES``."""
    settings = LabelSelection(per_stratum=25, seed=seed)
    drawn = drawn_of(((str(place), label) for place, label in enumerate(LABELS)), settings)
    draw, rated = Random(seed), list[Rated]()
    for name in sorted(drawn.ranks):
        label = LABELS[int(name)]
        other = "wrong" if label == "right" else "right"
        said = label if draw.random() < accuracy else other
        rated.append(Rated(name, 1 / drawn.inclusion(label), said, label))
    agreed = weighted_share([each.first == each.second for each in rated], [each.weight for each in rated])
    seen = [Reviewed(each.first == "wrong", each.second == "wrong", each.weight) for each in rated]
    rate = doubly_robust([float(label == "wrong") for label in LABELS], seen)
    assert agreed is not None and rate is not None
    beyond = [(row.low, row.high) for row in beyond_chance_figures("", rated, ReviewGate())]
    return [(agreed.low, agreed.high), *beyond, (rate.low, rate.high)]


def _truths(accuracy: float) -> tuple[float, float, float, float]:
    rare = LABELS.count("wrong") / len(LABELS)
    people = rare * accuracy + (1 - rare) * (1 - accuracy)
    cohen = rare * people + (1 - rare) * (1 - people)
    share = (rare + people) / 2
    gwet = 2 * share * (1 - share)
    return (
        accuracy,
        (accuracy - cohen) / (1 - cohen),
        (accuracy - gwet) / (1 - gwet),
        people,
    )
