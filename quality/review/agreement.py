"""Agreement of people with labels: weighted by inclusion, by principle, confidence and reviewer."""

from collections.abc import Callable, Sequence

from datasets_registry.rows.review.agreement import ReviewFigure, Subset
from datasets_registry.rows.review.reviews import Choice, HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import PreferencePair
from methods.method import Inputs, Method, Models
from quality.judges.measured import share
from quality.review.figures import agreement, figure_of, figure_of_measured
from quality.review.joined import Judged, Sampled, by_item, compared, judged, reviews_of
from quality.review.measures.estimates import estimates
from quality.review.measures.likings import likings
from quality.review.measures.people import (
    attention,
    between_people,
    beyond_chance_figures,
    by_reviewer,
    with_labels,
)
from quality.review.settings import ReviewGate
from quality.review.weighted import weighted_share

_NO_SIDE: tuple[Choice, ...] = ("equal", "both_bad", "cannot_judge")
_MORE = 10


def make_review_agreement(inputs: Inputs, models: Models, settings: ReviewGate) -> list[ReviewFigure]:
    """The figures of a sample's reviews, and what they say of the version that it was drawn from."""
    items = inputs.rows(ReviewItem)
    reviews = reviews_of(items, inputs.stream(HumanReview))
    pairs = judged(items, reviews)
    return [
        how_many_wait(items, pairs, settings),
        gated(pairs, settings),
        *_parts(pairs, settings),
        *_without_side(pairs, settings),
        *beyond_chance_figures("", with_labels(pairs), settings),
        *between_people(pairs, settings),
        *attention(items, by_item(reviews), settings),
        *by_reviewer(pairs, reviews, settings),
        *likings(pairs, settings),
        *estimates(inputs.stream(PreferencePair), pairs, settings),
    ]


def how_many_wait(
    items: Sequence[Sampled], pairs: Sequence[Judged[Sampled]], gate: ReviewGate, noun: str = "pairs"
) -> ReviewFigure:
    """How many pairs or labels have to be reviewed before the agreement counts."""
    sampled = sum(item.role == "sample" for item in items)
    missing = max(min(gate.reviewed, sampled) - len(pairs), 0)
    says = f"{missing} {noun} wait for review: trimtab studio" if missing else f"enough {noun} are reviewed"
    return ReviewFigure(
        figure="waiting",
        subset="all",
        part="",
        value=missing,
        low=None,
        high=None,
        num_items=len(pairs),
        required=gate.required,
        says=says,
    )


def gated(pairs: Sequence[Judged[Sampled]], gate: ReviewGate) -> ReviewFigure:
    """The agreement that the gate bounds: weighted by inclusion, so that it is that of the whole version."""
    agreed = agreement(pairs)
    return figure_of("agreement", agreed, gate).model_copy(
        update={"at_least": gate.at_least, "holds": agreed is not None and agreed.low >= gate.at_least}
    )


def _parts(pairs: Sequence[Judged[ReviewItem]], gate: ReviewGate) -> list[ReviewFigure]:
    """The agreement without weights, and by principle, confidence and disagreement."""
    both = compared(pairs)
    plain = weighted_share([pair.agrees for pair in both], [1.0] * len(both))
    says = "of the pairs as they were drawn, without weights"
    named: list[tuple[Subset, Callable[[Judged[ReviewItem]], str]]] = [
        ("principle", lambda pair: pair.item.principle_id or "no principle"),
        ("confidence", lambda pair: pair.item.confidence),
        ("disagreement", lambda pair: "disagreeing" if pair.item.disagrees else "agreeing"),
    ]
    rows = [figure_of("agreement_unweighted", plain, gate, says=says)]
    for subset, part_of in named:
        for part in sorted({part_of(pair) for pair in both}):
            rows.append(_part(subset, part, [pair for pair in both if part_of(pair) == part], gate))
    return rows


def _part(subset: Subset, part: str, pairs: Sequence[Judged[ReviewItem]], gate: ReviewGate) -> ReviewFigure:
    """The agreement on a part; a principle is flagged where even the upper end is below the bound."""
    agreed = agreement(pairs)
    if subset == "confidence":
        return figure_of("agreement", agreed, gate, subset, part, _own_probability(pairs))
    flagged = subset == "principle" and agreed is not None and agreed.high < gate.at_least
    says = f"people do not agree; ten more of this one: review.more = {{ {part} = {_MORE} }}"
    figure = figure_of("agreement", agreed, gate, subset, part, says if flagged else "")
    return figure.model_copy(update={"flagged": flagged})


def _own_probability(pairs: Sequence[Judged[ReviewItem]]) -> str:
    sure = [max(pair.item.p_a, 1 - pair.item.p_a) for pair in pairs if pair.item.p_a is not None]
    return f"the judge's own probability of its label is {sum(sure) / len(sure):.2f} there" if sure else ""


def _without_side(pairs: Sequence[Judged[ReviewItem]], gate: ReviewGate) -> list[ReviewFigure]:
    """How often people name no side, and which way; of labelled pairs, and of ties apart."""
    parts: dict[Subset, list[Judged[ReviewItem]]] = {
        "all": [pair for pair in pairs if pair.item.label in ("a", "b")],
        "ties": [pair for pair in pairs if pair.item.label not in ("a", "b")],
    }
    return [
        figure_of_measured(
            share(
                choice,
                [(pair.item.pair_id, review.choice == choice) for pair in part for review in pair.reviews],
            ),
            gate,
            subset,
        )
        for subset, part in parts.items()
        for choice in _NO_SIDE
    ]


REVIEW_AGREEMENT = Method(run=make_review_agreement, settings=ReviewGate, rows=ReviewFigure)
