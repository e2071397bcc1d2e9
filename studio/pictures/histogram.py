"""Counts as bars on axes, and pairs of bins as a grid: geometry in pixels, which a template draws as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log10

WIDTH, HEIGHT = 350, 190
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 38
_INNER, _TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
# each so many bins, until there are few enough
_EVERY = (1, 2, 4, 8, 16)
_MOST_TICKS = 9
_SHADES = 5
_FEWEST_BINS = 5


@dataclass(frozen=True)
class Bar:
    """A bar or a cell by its upper left corner; ``text`` says what it counts, ``opacity`` is of its fill."""

    x: float
    y: float
    width: float
    height: float
    series: int
    text: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Tick:
    """A mark of an axis, at so many pixels from the left or the top."""

    at: float
    text: str


@dataclass(frozen=True)
class Drawn:
    """Bars with their axes; ``table`` has what is drawn as rows of text, under ``head``."""

    bars: Sequence[Bar]
    across: Sequence[Tick]
    up: Sequence[Tick]
    height: int
    head: Sequence[str]
    table: Sequence[Sequence[str]]
    has_diagonal: bool = False
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP

    @property
    def floor(self) -> int:
        """Where the axis lies on which the bars stand."""
        return self.height - BOTTOM


@dataclass(frozen=True)
class Axis:
    """Bins between ``edges``; the last of one that ``is_open`` has all that is more."""

    edges: Sequence[float]
    is_log: bool = False
    is_open: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether each bin is of one whole number."""
        return not self.is_log and self.edges[1] - self.edges[0] == 1

    @property
    def names(self) -> list[str]:
        """What each bin is called."""
        ends = pairwise(map(_number, self.edges))
        names = [start if self.is_whole else f"{start} to {end}" for start, end in ends]
        last = f"{_number(self.edges[-2])} or more"
        return [*names[:-1], last] if self.is_open else names


def histogram(axis: Axis, series: Mapping[str, Mapping[int, int]]) -> Drawn:
    """The series' counts by bin side by side; empty bins at an open end are left out."""
    low, high = _shown(axis, series)
    places, names = range(low, high), axis.names
    most = max((number for bins in series.values() for number in bins.values()), default=0)
    step = _INNER / len(places)
    # each has its colour, and those that are empty take no room
    held = [(colour, name, bins) for colour, (name, bins) in enumerate(series.items()) if bins]
    width = step * 0.9 / max(len(held), 1)
    bars = [
        _bar(
            LEFT + (place - low + 0.05) * step + at * width,
            width,
            bins[place] / most,
            colour,
            f"{names[place]}: {bins[place]:,} {name}",
        )
        for at, (colour, name, bins) in enumerate(held)
        for place in places
        if bins.get(place)
    ]
    counts = {place: [bins.get(place, 0) for bins in series.values()] for place in places}
    rows = [[names[place], *(f"{number:,}" for number in counts[place])] for place in places]
    return Drawn(bars, _ticks(axis, low, high), _rising(most), HEIGHT, ["", *series], rows if most else [])


def grid(axis: Axis, cells: Mapping[tuple[int, int], int]) -> Drawn:
    """How many fall into each pair of bins, the first across and the second upwards; darker is more."""
    names, most = axis.names, max(cells.values(), default=0)
    step = _INNER / len(names)
    bottom = TOP + _INNER
    held = sorted(cells.items())
    drawn = [
        Bar(
            round(LEFT + across * step, 1),
            round(bottom - (up + 1) * step, 1),
            round(step, 1),
            round(step, 1),
            0,
            f"{names[across]} and {names[up]}: {number:,}",
            _shade(number, most),
        )
        for (across, up), number in held
    ]
    marks = range(0, len(axis.edges), 2)
    rising = [Tick(round(bottom - place * step, 1), _number(axis.edges[place])) for place in marks]
    rows = [[names[across], names[up], f"{number:,}"] for (across, up), number in held]
    head = ["across", "upwards", "number"]
    return Drawn(drawn, _ticks(axis, 0, len(names)), rising, bottom + BOTTOM, head, rows, has_diagonal=True)


def _bar(x: float, width: float, share: float, series: int, text: str) -> Bar:
    # what is there is seen, however little it is
    height = max(share * _TALL, 1.5)
    return Bar(round(x, 1), round(TOP + _TALL - height, 1), round(width, 1), round(height, 1), series, text)


def _shade(number: int, most: int) -> float:
    """Few shades, which can be told apart; by the logarithm, as few cells hold most."""
    share = log10(1 + number) / log10(1 + most)
    return ceil(share * _SHADES) / _SHADES


def _shown(axis: Axis, series: Mapping[str, Mapping[int, int]]) -> tuple[int, int]:
    """From where to where there is anything, and no fewer than a few bins; of a closed axis all."""
    held = [place for counts in series.values() for place in counts]
    bins = len(axis.names)
    if not held or not axis.is_open:
        return 0, bins
    low = min(held) if axis.is_log else 0
    return low, min(bins, max(max(held) + 1, low + _FEWEST_BINS))


def _ticks(axis: Axis, low: int, high: int) -> list[Tick]:
    """Marks under the edges from ``low`` to ``high``, as many as can be read; amid a bin of one number."""
    every = next(step for step in _EVERY if (high - low) / step <= _MOST_TICKS)
    step, amid = _INNER / (high - low), 0.5 if axis.is_whole else 0.0
    places = range(low, high if axis.is_whole else high + 1, every)
    return [
        Tick(round(LEFT + (place - low + amid) * step, 1), _number(axis.edges[place], whole=axis.is_log))
        for place in places
    ]


def _rising(most: int) -> list[Tick]:
    """Marks of whole counts, from none on: the widest apart of which there are at least two more."""
    steps = (10**power * times for power in range(len(str(most))) for times in (1, 2, 5))
    step = max((step for step in steps if 2 * step <= most), default=1)
    return [
        Tick(round(TOP + _TALL * (1 - count / max(most, 1)), 1), _thousands(count))
        for count in range(0, most + 1, step)
    ]


def _number(value: float, *, whole: bool = False) -> str:
    if whole or value >= 10:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _thousands(count: int) -> str:
    return f"{count // 1_000:,}k" if count >= 10_000 else f"{count:,}"
