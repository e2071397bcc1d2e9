"""Figures as they are shown: an interval with its n on a scale, and a value only where n is large enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets_registry.rows.evaluation import EvaluationDifference, SuiteFigure

# with fewer items a value alone says more than is known
LEAST_ITEMS = 100
SURE = 0.05


@dataclass(frozen=True)
class Scale:
    """What a picture's width stands for."""

    first: float
    last: float

    def percent(self, value: float) -> float:
        """Where ``value`` lies, from 0 to 100."""
        share = (value - self.first) / (self.last - self.first)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def __str__(self) -> str:
        return f"{number(self.first)} to {number(self.last)}"


@dataclass(frozen=True)
class Mark:
    """A figure with its interval: ``value`` is None where there is none, or n is too small to show it alone.

    ``says`` is whether a difference is better, worse or not told apart; empty for a figure. That of a
    baseline is drawn hollow, also where it stands alone.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    count: int
    says: str = ""
    of_baseline: bool = False

    @property
    def has_interval(self) -> bool:
        """Whether there is something to draw."""
        return self.low is not None and self.high is not None

    @property
    def interval(self) -> str:
        """For example ``0.42 to 0.61``; empty without one."""
        return f"{number(self.low)} to {number(self.high)}" if self.has_interval else ""

    @property
    def text(self) -> str:
        """Value, interval and n in words."""
        value = [] if self.value is None else [number(self.value)]
        between = [f"{'(' if value else ''}{self.interval}{')' if value else ''}"] if self.interval else []
        told = " ".join([*value, *between]) or ("interval unknown" if self.count else "nothing measured")
        return f"{told}, n = {self.count:,}"


@dataclass(frozen=True)
class Drawn:
    """What is drawn on one scale: the same figure of one model or of two."""

    label: str
    scale: Scale
    marks: tuple[Mark, ...]


def figure_mark(figure: SuiteFigure, label: str, *, of_baseline: bool = False) -> Mark:
    """A model's figure."""
    return Mark(
        label,
        shown_value(figure.value, figure.num_items),
        figure.low,
        figure.high,
        figure.num_items,
        of_baseline=of_baseline,
    )


def difference_mark(difference: EvaluationDifference, label: str) -> Mark:
    """A difference from the baseline, and what it says."""
    return Mark(
        label,
        shown_value(difference.difference, difference.num_pairs),
        difference.low,
        difference.high,
        difference.num_pairs,
        verdict(difference),
    )


def shown_value(value: float | None, count: int) -> float | None:
    """``value``, or None of fewer than 100 items, which show their interval alone."""
    return value if count >= LEAST_ITEMS else None


def verdict(difference: EvaluationDifference) -> str:
    """Whether the model is better, worse or other than the baseline, corrected for all of its figures."""
    if difference.difference is None or difference.p_holm is None:
        return "not measured"
    if difference.p_holm > SURE:
        return "not told apart"
    if difference.better == "neither":
        return "higher" if difference.difference > 0 else "lower"
    return "better" if (difference.difference > 0) == (difference.better == "higher") else "worse"


def scale_of(marks: Iterable[Mark], *, around_zero: bool = False) -> Scale:
    """From 0 to 1 for shares, from -1 to 1 for their differences, and as wide as needed for all else."""
    ends = [end for mark in marks for end in (mark.low, mark.high, mark.value) if end is not None]
    widest = max((abs(end) for end in ends), default=1.0)
    if around_zero:
        reach = next((step for step in (0.1, 0.25, 0.5, 1.0) if widest <= step), widest)
        return Scale(-reach, reach)
    if widest <= 1:
        return Scale(-1.0 if any(end < 0 for end in ends) else 0.0, 1.0)
    return Scale(min(0.0, *ends), max(0.0, *ends))


def drawn(label: str, marks: Sequence[Mark], *, around_zero: bool = False) -> Drawn:
    """The marks on the scale that holds them all."""
    return Drawn(label, scale_of(marks, around_zero=around_zero), tuple(marks))


def number(value: float | None) -> str:
    """A number as people read it: three digits, and no more than it has."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return "0" if not float(text) else text.rstrip("0").rstrip(".")
