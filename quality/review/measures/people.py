"""What reviewers say about each other and themselves: agreement, the same twice, attention, seconds."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import median

import numpy as np

from datasets_registry.intervals import unit_means
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from quality.judges.beyond_chance import CHANCES, beyond_chance, reported_interval
from quality.judges.measured import Measured, share
from quality.review.figures import figure_of_measured
from quality.review.joined import Judged, Sampled, compared
from quality.review.settings import ReviewGate

# answers that come sooner cannot have read two texts
HASTY_SECONDS = 2.0
KAPPA_SAYS = (
    "agreement beyond what raters who name a as often would reach; it falls where one side is rare, however "
    "well people agree"
)
AC1_SAYS = (
    "agreement beyond chance where raters guess only as often as labels differ; it hardly falls where one "
    "side is rare, and so flatters whoever always names that side"
)
SAYS: Mapping[str, str] = {"cohen_kappa": KAPPA_SAYS, "gwet_ac1": AC1_SAYS}
Row = tuple[str, bool, bool, bool]


def beyond_chance_figures(label: str, rows: Sequence[Row], gate: ReviewGate) -> list[ReviewFigure]:
    """Kappa and AC1 of rows: the pair, whether both raters agree, and whether each of them names a."""
    if not rows:
        return []
    columns = [unit_means((row[0], float(row[place])) for row in rows) for place in (1, 2, 3)]
    shares = np.array(columns).T
    measured = {
        name: Measured(
            label + name,
            beyond_chance(shares, chance),
            reported_interval(shares, len(rows), chance),
            len(rows),
            len(shares),
        )
        for name, chance in CHANCES.items()
    }
    return [figure_of_measured(figure, gate, says=SAYS[name]) for name, figure in measured.items()]


def with_labels(pairs: Sequence[Judged[ReviewItem]]) -> list[Row]:
    """Each person's choice beside the label."""
    return [
        (pair.item.pair_id, review.choice == pair.item.label, review.choice == "a", pair.item.label == "a")
        for pair in compared(pairs)
        for review in pair.named
    ]


def between(pairs: Sequence[Judged[ReviewItem]]) -> list[Row]:
    """Every two people's choices on one pair, whatever its label."""
    return [
        (pair.item.pair_id, first.choice == second.choice, first.choice == "a", second.choice == "a")
        for pair in pairs
        for first, second in two_people(pair)
    ]


def two_people(pair: Judged[Sampled]) -> list[tuple[HumanReview, HumanReview]]:
    """Every two answers of its reviewers that name a side or word."""
    return list(combinations(sorted(pair.named, key=lambda review: review.reviewer), 2))


def between_people(pairs: Sequence[Judged[ReviewItem]], gate: ReviewGate) -> list[ReviewFigure]:
    """How often two people agree, which is the most that a judge can be asked for."""
    rows = between(pairs)
    agreed = share("between_people", [(pair, agrees) for pair, agrees, *_ in rows])
    says = "the most that agreement with labels can be asked to reach; 0.60 to 0.81 in published sets"
    return [
        figure_of_measured(agreed, gate, says=says),
        *beyond_chance_figures("between_people_", rows, gate),
    ]


def attention(
    items: Iterable[Sampled], answers: Mapping[str, Sequence[HumanReview]], gate: ReviewGate
) -> list[ReviewFigure]:
    """Whether a reviewer says the same twice, and as people did of pairs that were compared before."""
    asked = list(items)
    first = {(item.pair_id, item.question): item for item in asked if item.role == "sample"}
    twice, gold = list[tuple[str, bool]](), list[tuple[str, bool]]()
    for item in asked:
        for review in answers.get(item.item_id, ()):
            if item.role == "gold":
                gold.append((item.pair_id, review.choice == item.label))
            if item.role == "duplicate" and (before := first.get((item.pair_id, item.question))):
                twice += [
                    (item.pair_id, review.choice == earlier.choice)
                    for earlier in answers.get(before.item_id, ())
                    if earlier.reviewer == review.reviewer
                ]
    return [
        figure_of_measured(share("same_twice", twice), gate),
        figure_of_measured(share("gold_right", gold), gate),
    ]


def by_reviewer(
    pairs: Sequence[Judged[Sampled]], reviews: Iterable[HumanReview], gate: ReviewGate
) -> list[ReviewFigure]:
    """Of each reviewer: agreement with labels, seconds for an item, and answers that came too soon."""
    both, given = compared(pairs), _by_name(reviews)
    return [
        figure_of_measured(measured, gate, "reviewer", reviewer)
        for reviewer in sorted(given)
        for measured in (_own_agreement(both, reviewer), *_pace(given[reviewer]))
    ]


def _by_name(reviews: Iterable[HumanReview]) -> dict[str, list[HumanReview]]:
    given: dict[str, list[HumanReview]] = {}
    for review in reviews:
        given.setdefault(review.reviewer, []).append(review)
    return given


def _own_agreement(pairs: Sequence[Judged[Sampled]], reviewer: str) -> Measured:
    own = [
        (pair.item.pair_id, review.choice == pair.item.label)
        for pair in pairs
        for review in pair.named
        if review.reviewer == reviewer
    ]
    return share("agreement", own)


def _pace(answers: Sequence[HumanReview]) -> tuple[Measured, Measured]:
    """The median of a reviewer's seconds for an item, and the share of answers that took under two."""
    seconds = [(answer.item_id, answer.seconds) for answer in answers if answer.seconds is not None]
    typical = median(time for _, time in seconds) if seconds else None
    hasty = share("hasty", [(item, time < HASTY_SECONDS) for item, time in seconds])
    return Measured("seconds", typical, num_items=len(seconds)), hasty
