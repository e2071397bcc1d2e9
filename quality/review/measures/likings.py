"""What people and the judge like besides the better answer: the longer one, and the one that stands first."""

from collections.abc import Sequence

from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.sample import ReviewItem
from quality.judges.measured import share
from quality.review.figures import figure_of, figure_of_measured
from quality.review.joined import Judged, compared, longer
from quality.review.settings import ReviewGate
from quality.review.weighted import weighted_share


def likings(pairs: Sequence[Judged[ReviewItem]], gate: ReviewGate) -> list[ReviewFigure]:
    """Shares for the longer completion, and for the one on the left or shown first, on the same pairs."""
    both = compared(pairs)
    unequal = [(pair, side) for pair in both if (side := longer(pair.item))]
    weights = [pair.weight for pair, _ in unequal]
    people = weighted_share([pair.share(side) for pair, side in unequal], weights)
    judge = weighted_share([float(pair.item.label == side) for pair, side in unequal], weights)
    sides = [
        (pair.item.pair_id, review.choice == review.shown_left) for pair in both for review in pair.named
    ]
    shown = [(pair.item.p_first, pair.weight) for pair in both if pair.item.p_first is not None]
    first = weighted_share([p_first for p_first, _ in shown], [weight for _, weight in shown])
    return [
        figure_of("longer_by_people", people, gate, says="people's choices for the longer completion"),
        figure_of("longer_by_judge", judge, gate, says="labels for the longer one, of the same pairs"),
        figure_of_measured(share("left_by_people", sides), gate, says="sides are drawn by hash: 0.5 is none"),
        figure_of(
            "first_by_judge",
            first,
            gate,
            says="mean probability of what is shown first, less the position bias",
        ),
    ]
