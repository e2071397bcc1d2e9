"""Agreement of people with single labels: weighted, by label and part, beyond chance, and the true rates."""

from collections.abc import Callable, Sequence

from datasets_registry.rows.review.agreement import ReviewFigure, Subset
from datasets_registry.rows.review.labels import NO_WORD, LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from methods.method import Inputs
from quality.judges.measured import share
from quality.review.absolute.chance import Rated, beyond_chance_figures
from quality.review.absolute.drawing import Read
from quality.review.absolute.rates import true_rates
from quality.review.agreement import gated, how_many_wait
from quality.review.figures import agreement, figure_of, figure_of_measured
from quality.review.joined import Judged, by_item, compared, judged, reviews_of
from quality.review.measures.people import attention, by_reviewer, two_people
from quality.review.settings import ReviewGate
from quality.review.weighted import weighted_share

LabelJudged = Judged[LabelItem]
_PARTS: tuple[tuple[Subset, Callable[[LabelItem], str]], ...] = (
    ("label", lambda item: item.label),
    ("part", lambda item: f"{item.model}, {item.part}" if item.model else item.part),
)


def label_agreement(inputs: Inputs, read: Read, gate: ReviewGate) -> list[ReviewFigure]:
    """The figures of a sample's reviews, and what they say of all labels that ``read`` gives."""
    items = inputs.rows(LabelItem)
    reviews = reviews_of(items, inputs.stream(HumanReview))
    labels = judged(items, reviews)
    return [
        how_many_wait(items, labels, gate, "labels"),
        gated(labels, gate),
        _unweighted(labels, gate),
        *_parts(labels, gate),
        _without_word(labels, gate),
        *beyond_chance_figures("", _with_labels(labels), gate),
        *_between_people(labels, gate),
        *attention(items, by_item(reviews), gate),
        *by_reviewer(labels, reviews, gate),
        *true_rates(read, labels, gate),
    ]


def _unweighted(labels: Sequence[LabelJudged], gate: ReviewGate) -> ReviewFigure:
    both = compared(labels)
    plain = weighted_share([each.agrees for each in both], [1.0] * len(both))
    return figure_of("agreement_unweighted", plain, gate, says="of the labels as they were drawn")


def _parts(labels: Sequence[LabelJudged], gate: ReviewGate) -> list[ReviewFigure]:
    """The agreement by label, which says how far each word can be trusted, and by part."""
    both = compared(labels)
    return [
        figure_of("agreement", agreement(of_part), gate, subset, part)
        for subset, part_of in _PARTS
        for part in sorted({part_of(each.item) for each in both})
        if (of_part := [each for each in both if part_of(each.item) == part])
    ]


def _without_word(labels: Sequence[LabelJudged], gate: ReviewGate) -> ReviewFigure:
    answers = [(each.item.pair_id, review.choice == NO_WORD) for each in labels for review in each.reviews]
    return figure_of_measured(share(NO_WORD, answers), gate)


def _with_labels(labels: Sequence[LabelJudged]) -> list[Rated]:
    """Each person's word beside the label."""
    return [
        Rated(each.item.pair_id, each.weight, review.choice, each.item.label)
        for each in compared(labels)
        for review in each.named
    ]


def _between_people(labels: Sequence[LabelJudged], gate: ReviewGate) -> list[ReviewFigure]:
    rated = [
        Rated(each.item.pair_id, each.weight, first.choice, second.choice)
        for each in labels
        for first, second in two_people(each)
    ]
    agreed = share("between_people", [(each.unit, each.first == each.second) for each in rated])
    return [figure_of_measured(agreed, gate), *beyond_chance_figures("between_people_", rated, gate)]
