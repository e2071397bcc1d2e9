"""Strata: pairs are drawn by hash, with known probability, and a larger sample keeps a smaller one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, draw
from datasets_registry.rows.review.sample import Confidence
from datasets_registry.rows.rlaif import PreferencePair
from quality.review.settings import ReviewSelection

K = TypeVar("K", str, tuple[int, bool])
Cell = tuple[int, bool]
# the bands of |p - 0.5|, by their upper ends
_BANDS: tuple[tuple[float, Confidence], ...] = ((1 / 6, "unsure"), (1 / 3, "fairly sure"), (0.5, "sure"))
UNDECIDED = "ties and unparsed"
NO_PRINCIPLE = "no principle"


@dataclass(frozen=True)
class Stratified:
    """A pair by what it is drawn by; ``principle`` is one of its label's, which its id decides."""

    pair_id: str
    principle: str
    cell: Cell
    decided: bool

    @property
    def confidence(self) -> Confidence:
        """The band of its label's probability."""
        return _BANDS[self.cell[0]][1] if self.decided else "undecided"


@dataclass(frozen=True)
class Drawn:
    """A pair of the sample: its stratum, how many pairs that has, and with what probability it was drawn.

    ``rank`` counts the pairs of the stratum that were drawn before it.
    """

    pair: Stratified
    stratum: str
    stratum_pairs: int
    inclusion: float
    rank: int


def stratified(pair: PreferencePair, seed: int) -> Stratified | None:
    """The pair as it is drawn; None where nobody judged it."""
    if pair.label == "unjudged":
        return None
    principle = draw(pair.principles, seed, pair.pair_id) if pair.principles else NO_PRINCIPLE
    band = _band(pair.p_a)
    return Stratified(pair.pair_id, principle, (band, disagrees(pair)), pair.label in ("a", "b"))


def _band(p_a: float | None) -> int:
    margin = abs(p_a - 0.5) if p_a is not None else 0.0
    return next(place for place, (most, _) in enumerate(_BANDS) if margin <= most or place == 2)


def band_of(p_a: float) -> Confidence:
    """The band of a label's probability."""
    return _BANDS[_band(p_a)][1]


def disagrees(pair: PreferencePair) -> bool:
    """Whether judges, or the two orders, name different completions."""
    logits = pair.logit_ab, pair.logit_ba
    opposed = logits[0] is not None and logits[1] is not None and logits[0] * logits[1] < 0
    return bool(pair.judges_disagree) or opposed


def drawn(pairs: Iterable[Stratified], settings: ReviewSelection) -> list[Drawn]:
    """The sample; raises BadInput where so few pairs cannot be of every principle."""
    decided: dict[str, list[Stratified]] = {}
    undecided: list[Stratified] = []
    for pair in pairs:
        (decided.setdefault(pair.principle, []) if pair.decided else undecided).append(pair)
    ties = min(int(settings.number * settings.tie_share), len(undecided))
    sizes = {principle: len(group) for principle, group in decided.items()}
    _require_enough(sizes, settings.number - ties, settings)
    chosen = _first(undecided, ties, UNDECIDED, settings.seed)
    for principle, number in allotted(sizes, settings.number - ties, settings.per_principle).items():
        number += settings.more.get(principle, 0)
        chosen += _of_principle(principle, decided[principle], number, settings)
    return chosen


def _require_enough(sizes: Mapping[str, int], number: int, settings: ReviewSelection) -> None:
    least = sum(min(size, settings.per_principle) for size in sizes.values())
    if number < least:
        raise BadInput(
            f"review.number is {settings.number}, and {len(sizes)} principles of {settings.per_principle} "
            f"pairs each take {least}, ties apart: raise it, or lower review.per_principle"
        )
    for principle in settings.more:
        if principle not in sizes:
            raise BadInput(
                f"review.more names {principle!r}, by which no pair has a label: name one of {sorted(sizes)}"
            )


def allotted(sizes: Mapping[K, int], number: int, least: int) -> dict[K, int]:
    """How many each group gives: ``least`` first, then in proportion, one at a time (Sainte-Laguë 1910).

    A larger ``number`` takes nothing from any group.
    """
    given = dict.fromkeys(sizes, 0)
    for _ in range(min(number, sum(sizes.values()))):
        open_groups = [group for group in sizes if given[group] < sizes[group]]
        short = [group for group in open_groups if given[group] < least]
        given[
            max(short or open_groups, key=lambda group: (sizes[group] / (2 * given[group] + 1), group))
        ] += 1
    return given


def _of_principle(
    principle: str, pairs: Sequence[Stratified], number: int, settings: ReviewSelection
) -> list[Drawn]:
    cells = _merged(pairs, len(pairs) / settings.per_principle)
    shares = allotted({cell: len(group) for cell, group in cells.items()}, number, 1)
    return [
        drawn_pair
        for cell, share in sorted(shares.items())
        for drawn_pair in _first(cells[cell], share, f"{principle}, {_named(cells, cell)}", settings.seed)
    ]


def _merged(pairs: Sequence[Stratified], least: float) -> dict[Cell, list[Stratified]]:
    """The pairs of a principle by confidence and disagreement; what is too small joins its neighbour.

    Each cell is then large enough for the principle's first pairs to have one of it, whatever the sample's
    size, so that no pair is without a chance to be drawn.
    """
    cells: dict[Cell, list[Stratified]] = {}
    for pair in pairs:
        cells.setdefault(pair.cell, []).append(pair)
    while len(cells) > 1:
        order = sorted(cells)
        smallest = min(order, key=lambda cell: (len(cells[cell]), cell))
        if len(cells[smallest]) >= least:
            break
        place = order.index(smallest)
        beside = [order[near] for near in (place - 1, place + 1) if 0 <= near < len(order)]
        into = min(beside, key=lambda cell: (len(cells[cell]), cell))
        cells[into] += cells.pop(smallest)
    return cells


def _named(cells: Mapping[Cell, Sequence[Stratified]], cell: Cell) -> str:
    """The bands that a stratum has, and whether its labels disagree where that is one of two."""
    bands = sorted({pair.cell[0] for pair in cells[cell]})
    said = sorted({pair.cell[1] for pair in cells[cell]})
    words = " or ".join(_BANDS[band][1] for band in bands)
    return words if len(said) > 1 else f"{words}, {'disagreeing' if said[0] else 'agreeing'}"


def _first(pairs: Sequence[Stratified], number: int, stratum: str, seed: int) -> list[Drawn]:
    """The first ``number`` of a stratum in the order of hashes, which its other pairs do not change."""
    order = sorted(pairs, key=lambda pair: digest([seed, pair.pair_id]))
    number = min(number, len(order))
    return [
        Drawn(pair, stratum, len(order), number / len(order), rank)
        for rank, pair in enumerate(order[:number])
    ]
