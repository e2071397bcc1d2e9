"""True rates: how often people would give all labels each word, by the doubly robust form."""

from collections.abc import Sequence

from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from quality.review.absolute.drawing import Read
from quality.review.figures import figure_of
from quality.review.joined import Judged, compared
from quality.review.settings import ReviewGate
from quality.review.weighted import Reviewed, doubly_robust


def true_rates(read: Read, labels: Sequence[Judged[LabelItem]], gate: ReviewGate) -> list[ReviewFigure]:
    """``true_rate`` of each word, over all labels whose choices have it."""
    whole = [(subject.label, subject.choices) for subject in read()]
    reviewed = compared(labels)
    return [
        _rate(word, [label for label, choices in whole if word in choices], reviewed, gate)
        for word in sorted({word for each in reviewed for word in each.item.words})
    ]


def _rate(
    word: str, whole: Sequence[str], reviewed: Sequence[Judged[LabelItem]], gate: ReviewGate
) -> ReviewFigure:
    predicted = [float(label == word) for label in whole]
    seen = [
        Reviewed(each.share(word), float(each.item.label == word), each.weight)
        for each in reviewed
        if word in each.item.words
    ]
    own = sum(predicted) / len(predicted) if predicted else 0.0
    says = f"by the labels alone it is {own:.3f}, of {len(predicted)}"
    return figure_of("true_rate", doubly_robust(predicted, seen), gate, "answer", word, says)
