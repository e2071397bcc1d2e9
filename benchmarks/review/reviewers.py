"""A version of labelled pairs, and reviewers who agree with its labels as often as is said."""

from collections.abc import Mapping, Sequence
from random import Random

from datasets_registry.rows.review.reviews import Choice, HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from quality.review.joined import Judged
from quality.review.settings import ReviewSelection
from quality.review.strata import Drawn, Stratified, drawn

# the label's mean probability in each band
SURE = (0.58, 0.75, 0.92)


def version(sizes: Mapping[str, Sequence[int]], ties: int = 0) -> list[Stratified]:
    """Pairs of principles, each with so many in the three bands of confidence, and ties."""
    pairs = [
        Stratified(f"{principle} {band} {place}", principle, (band, False), decided=True)
        for principle, bands in sizes.items()
        for band, size in enumerate(bands)
        for place in range(size)
    ]
    return pairs + [Stratified(f"tie {place}", "tie", (0, False), decided=False) for place in range(ties)]


def reviewed(
    pairs: Sequence[Stratified],
    settings: ReviewSelection,
    agreement: Mapping[tuple[str, int], float],
    seed: int,
) -> list[Judged[ReviewItem]]:
    """The sample of one seed, with the answers of a reviewer; ``agreement`` is by principle and band."""
    sample = drawn(pairs, settings.model_copy(update={"seed": seed}))
    draw = Random(seed)
    return [_judged(place, agreement, draw) for place in sample if place.pair.decided]


def _judged(place: Drawn, agreement: Mapping[tuple[str, int], float], draw: Random) -> Judged[ReviewItem]:
    pair = place.pair
    agrees = draw.random() < agreement[pair.principle, pair.cell[0]]
    return Judged(_item(place), (_review(pair.pair_id, "a" if agrees else "b"),))


def _item(place: Drawn) -> ReviewItem:
    pair = place.pair
    return ReviewItem(
        item_id=pair.pair_id,
        pair_id=pair.pair_id,
        role="sample",
        position=0,
        question="?",
        prompt="?",
        completion_a="one",
        completion_b="two",
        split_group=pair.pair_id,
        principle_id=pair.principle,
        confidence=pair.confidence,
        disagrees=pair.cell[1],
        stratum=place.stratum,
        stratum_pairs=place.stratum_pairs,
        inclusion=place.inclusion,
        label="a",
        p_a=SURE[pair.cell[0]],
        p_first=None,
    )


def _review(pair_id: str, choice: Choice) -> HumanReview:
    return HumanReview(
        number=0,
        item_id=pair_id,
        pair_id=pair_id,
        role="sample",
        reviewer="simulated",
        choice=choice,
        shown_left="a",
        note="",
        seconds=None,
        answered_at="",
        sample="",
        state="counts",
    )
