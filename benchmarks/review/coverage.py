"""How often intervals hold the true agreement, where principles and bands of confidence differ in it."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from benchmarks.review.covered import covered
from benchmarks.review.reviewers import SURE, reviewed, version
from benchmarks.sides.figure import Figure
from datasets_registry.rows.review.sample import ReviewItem
from quality.review.figures import agreement
from quality.review.joined import Judged
from quality.review.settings import ReviewSelection
from quality.review.strata import Stratified
from quality.review.weighted import Reviewed, Share, doubly_robust, weighted_share

RUNS, QUICK_RUNS = 1000, 100
# of two common principles and two rare ones, which each give five pairs whatever their size
SIZES: Mapping[str, Sequence[int]] = {
    "kind": (150, 250, 400),
    "honest": (100, 120, 180),
    "calm": (10, 10, 10),
    "fair": (8, 8, 8),
}
ACCURACIES = (0.6, 0.7, 0.8, 0.9)
_SELECTION = ReviewSelection()


def coverage(quick: bool) -> Iterator[Figure]:
    """Coverage of the weighted interval and of the doubly robust one, and their bias and width."""
    runs, pairs = QUICK_RUNS if quick else RUNS, version(SIZES, ties=80)
    for accuracy in ACCURACIES:
        rates = by_band(accuracy)
        truth = fmean(rates[pair.principle, pair.cell[0]] for pair in pairs if pair.decided)
        samples = [reviewed(pairs, _SELECTION, rates, seed) for seed in range(runs)]
        yield from _figures(accuracy, truth, pairs, samples)


def by_band(accuracy: float) -> dict[tuple[str, int], float]:
    """Agreement around ``accuracy``: less where the judge is unsure, and least under rare principles."""
    return {
        (principle, band): min(
            max(accuracy + change - (0.15 if principle in ("calm", "fair") else 0), 0.4), 0.98
        )
        for principle in SIZES
        for band, change in enumerate((-0.15, 0.0, 0.08))
    }


def _figures(
    accuracy: float,
    truth: float,
    pairs: Sequence[Stratified],
    samples: Sequence[Sequence[Judged[ReviewItem]]],
) -> Iterator[Figure]:
    weighted = [share for sample in samples if (share := agreement(sample))]
    plain = [
        share
        for sample in samples
        if (share := weighted_share([pair.agrees for pair in sample], [1.0] * len(sample)))
    ]
    predicted = [SURE[pair.cell[0]] for pair in pairs if pair.decided]
    robust = [share for sample in samples if (share := doubly_robust(predicted, _with_predictions(sample)))]
    name = f"reviewers of accuracy {accuracy:.1f}"
    yield covered(f"{name}: weighted interval", [(each.low, each.high) for each in weighted], truth)
    yield covered(f"{name}: doubly robust interval", [(each.low, each.high) for each in robust], truth)
    yield _bias(f"{name}: weighted agreement less the truth", weighted, truth, 0.01)
    yield _bias(f"{name}: doubly robust agreement less the truth", robust, truth, 0.01)
    yield _bias(f"{name}: unweighted agreement less the truth", plain, truth, None)
    widths = [fmean(share.high - share.low for share in shares) for shares in (robust, weighted)]
    yield Figure(
        name=f"{name}: width of the doubly robust interval",
        value=widths[0] / widths[1],
        unit="of the weighted one",
    )


def _with_predictions(sample: Sequence[Judged[ReviewItem]]) -> list[Reviewed]:
    return [Reviewed(pair.agrees, pair.item.p_a, pair.weight) for pair in sample if pair.item.p_a is not None]


def _bias(name: str, shares: Sequence[Share], truth: float, most: float | None) -> Figure:
    bias = fmean(share.value for share in shares) - truth
    goal = f"within {most}" if most else None
    return Figure(name=name, value=bias, unit="share", goal=goal, holds=abs(bias) <= most if most else None)
