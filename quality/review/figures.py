"""Figures of reviews as rows."""

from collections.abc import Sequence

from datasets_registry.rows.review.agreement import ReviewFigure, Subset
from quality.judges.measured import Measured
from quality.review.joined import Judged, Sampled, compared
from quality.review.settings import ReviewGate
from quality.review.weighted import Share, weighted_share


def figure_of(
    figure: str, share: Share | None, gate: ReviewGate, subset: Subset = "all", part: str = "", says: str = ""
) -> ReviewFigure:
    """A weighted share as a row."""
    return ReviewFigure(
        figure=figure,
        subset=subset,
        part=part,
        value=share.value if share else None,
        low=share.low if share else None,
        high=share.high if share else None,
        num_items=share.num_items if share else 0,
        required=gate.required,
        says=says,
    )


def figure_of_measured(
    measured: Measured, gate: ReviewGate, subset: Subset = "all", part: str = "", says: str = ""
) -> ReviewFigure:
    """A figure whose units count as they are as a row."""
    low, high = measured.interval or (None, None)
    return ReviewFigure(
        figure=measured.label,
        subset=subset,
        part=part,
        value=measured.value,
        low=low,
        high=high,
        num_items=measured.num_items,
        required=gate.required,
        says=says,
    )


def agreement(pairs: Sequence[Judged[Sampled]]) -> Share | None:
    """The weighted share of pairs on which people name the label's side, of those on which both name one."""
    both = compared(pairs)
    return weighted_share([pair.agrees for pair in both], [pair.weight for pair in both])
