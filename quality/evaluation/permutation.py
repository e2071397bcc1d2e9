"""Whether two models differ on a figure by more than chance: answers are swapped, cluster by cluster."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from datasets_registry.hashing import derive_seed
from datasets_registry.intervals import student_tail
from methods.evaluation.measures import Draws, Measure, Values
from methods.evaluation.suite import Answered, Suite
from quality.evaluation.answered import changed

PERMUTATIONS = 1_000
# of sums of random signs: no tail is heavier than this many of the normal one (Bentkus and Dzindzalieta 2015)
_SIGNS = 1 / (2 * math.erfc(1))
_SAME = 1e-9
OURS, THEIRS = "ours", "theirs"
Name = tuple[str, str]


class Swaps:
    """Which clusters' answers are swapped, made once for each set of clusters; at first none is."""

    def __init__(self, num_swaps: int = PERMUTATIONS) -> None:
        self._num_swaps = num_swaps
        self._made: dict[tuple[str, ...], tuple[Draws, Draws]] = {}

    def of(self, clusters: Iterable[str]) -> tuple[Draws, Draws]:
        """Draws of the first model and of the second from the answers of both, after each swap."""
        names = tuple(sorted(set(clusters)))
        if names not in self._made:
            generator = np.random.default_rng(derive_seed("swaps", names))
            swapped = generator.integers(0, 2, size=(self._num_swaps, len(names)))
            counts = np.vstack([np.zeros((1, len(names))), swapped]).astype(float)
            both = tuple(_of(owner, name) for owner in (OURS, THEIRS) for name in names)
            first, second = np.hstack([1 - counts, counts]), np.hstack([counts, 1 - counts])
            self._made[names] = Draws(both, first), Draws(both, second)
        return self._made[names]


def together(suite: Suite, ours: Iterable[Answered], theirs: Iterable[Answered]) -> Mapping[Name, Measure]:
    """The suite's measures of the answers of both models at once, each answer under its model's name."""
    both = [_owned(OURS, each) for each in ours] + [_owned(THEIRS, each) for each in theirs]
    return {(measure.category, measure.metric): measure for measure in suite.figures(both)}


def _owned(owner: str, each: Answered) -> Answered:
    names = {"item_id": _of(owner, each.item.item_id), "cluster": _of(owner, each.item.cluster)}
    return changed(each, names, names)


def _of(owner: str, name: str) -> str:
    return f"{owner} {name}"


def swapped_differences(measure: Measure | None, clusters: Sequence[str], swaps: Swaps) -> Values | None:
    """The difference after each swap, at first after none; None for a figure that both have only apart."""
    if measure is None or not measure.clusters:
        return None
    held = set(measure.clusters)
    first, second = swaps.of(clusters)
    if not held <= set(first.clusters):
        return None
    with np.errstate(invalid="ignore"):
        swapped = measure.statistic(first) - measure.statistic(second)
    return swapped if np.isfinite(swapped[0]) else None


def p_value(drawn: Values, swapped: Values | None, num_clusters: int) -> float | None:
    """How often chance alone differs as much: the larger one by swaps and by the spread of the draws.

    Swaps are exact where models answer alike; the draws' spread holds too where they only have the same
    figure, as of other conditions. Under a thousandth, swaps are bounded by their spread.
    """
    if num_clusters < 2:
        return None
    difference, draws = float(drawn[0]), drawn[1:][np.isfinite(drawn[1:])]
    if draws.size < 2:
        return None
    if abs(difference) <= _SAME:
        return 1.0
    deviation = float(draws.std())
    spread = student_tail(abs(difference) / deviation, num_clusters - 1) if deviation > _SAME else 0.0
    return max(spread, _by_swaps(difference, swapped, num_clusters))


def _by_swaps(difference: float, swapped: Values | None, num_clusters: int) -> float:
    if swapped is None or abs(float(swapped[0]) - difference) > _SAME * max(1.0, abs(difference)):
        # what is told by how alike answers are is another number of both models' answers together; no swap
        # goes further than all clusters on one side
        return math.exp2(1 - num_clusters)
    others = swapped[1:][np.isfinite(swapped[1:])]
    as_far = np.abs(others) >= abs(difference) - _SAME
    share: float = (1 + int(as_far.sum())) / (1 + others.size)
    deviation = math.sqrt(float(np.square(others).mean())) if others.size else 0.0
    if deviation <= _SAME:
        return share
    return min(share, _SIGNS * math.erfc(abs(difference) / deviation / math.sqrt(2)))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for being several (Holm 1979), in their order."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
