"""Estimates for the whole version, from all labels and the reviewed pairs: the doubly robust form."""

from collections.abc import Iterable, Sequence

from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import PreferencePair
from quality.review.figures import figure_of
from quality.review.joined import Judged, compared, longer
from quality.review.settings import ReviewGate
from quality.review.weighted import Reviewed, doubly_robust

Pair = Judged[ReviewItem]


def estimates(
    labels: Iterable[PreferencePair], pairs: Sequence[Pair], gate: ReviewGate
) -> list[ReviewFigure]:
    """The judge's true agreement, and how often people would prefer the longer completion."""
    sure, longer_ones = list[float](), list[float]()
    for label in labels:
        if label.p_a is None or label.chosen is None or label.rejected is None:
            continue
        sure.append(max(label.p_a, 1 - label.p_a))
        if len(label.chosen) != len(label.rejected):
            longer_ones.append(float(len(label.chosen) > len(label.rejected)))
    return [_true_agreement(sure, pairs, gate), _longer_wins(longer_ones, pairs, gate)]


def _true_agreement(sure: Sequence[float], pairs: Sequence[Pair], gate: ReviewGate) -> ReviewFigure:
    """What agreement would be were all pairs reviewed; the judge's own probability is the prediction."""
    reviewed = [
        Reviewed(pair.agrees, max(pair.item.p_a, 1 - pair.item.p_a), pair.weight)
        for pair in compared(pairs)
        if pair.item.p_a is not None
    ]
    own = f"by the judge's own probabilities it would be {sum(sure) / len(sure):.2f}" if sure else ""
    return figure_of("true_agreement", doubly_robust(sure, reviewed), gate, says=own)


def _longer_wins(labels: Sequence[float], pairs: Sequence[Pair], gate: ReviewGate) -> ReviewFigure:
    """The longer completion's win rate by people, of all pairs; the labels are the prediction."""
    reviewed = [
        Reviewed(pair.share(side), float(pair.item.label == side), pair.weight)
        for pair in compared(pairs)
        if (side := longer(pair.item))
    ]
    own = f"by the labels alone it is {sum(labels) / len(labels):.2f}" if labels else ""
    return figure_of("longer_win_rate", doubly_robust(labels, reviewed), gate, says=own)
