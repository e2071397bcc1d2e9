"""A figure of the watch over rounds as a small picture: changes, their intervals and the bounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.rows.rounds.watch import RoundWatch

WIDTH, HEIGHT = 220, 104
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 8, 18
# how much wider than changes and bounds an interval may make the picture, in each direction
_FURTHER = 0.75


@dataclass(frozen=True)
class Point:
    """A round's change and the ends of its interval in pixels; ``words`` say it in full."""

    round: int
    x: float
    y: float
    low: float
    high: float
    outcome: str
    words: str


@dataclass(frozen=True)
class Level:
    """A line across: no change, or a bound that warns or stops."""

    kind: str
    y: float


@dataclass(frozen=True)
class Trend:
    """The picture; ``ends`` are the least and the greatest change that it reaches."""

    points: Sequence[Point]
    levels: Sequence[Level]
    ends: tuple[str, str]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def words(self) -> str:
        """All points in words."""
        return "; ".join(point.words for point in self.points)


def trend(rows: Mapping[int, RoundWatch], rounds: Sequence[int]) -> Trend | None:
    """The picture of a figure over these rounds; None where no round has it."""
    measured = {number: row for number, row in rows.items() if row.change is not None}
    if not measured:
        return None
    levels = dict(_levels(list(measured.values())))
    least, greatest = _reach(list(measured.values()), list(levels.values()))

    def height(change: float) -> float:
        share = (min(greatest, max(least, change)) - least) / (greatest - least)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    points = [
        Point(
            number,
            _across(rounds.index(number), len(rounds)),
            height(row.change),
            height(row.change if row.low is None else row.low),
            height(row.change if row.high is None else row.high),
            row.outcome,
            f"round {number}: {_words(row)}",
        )
        for number, row in measured.items()
        if row.change is not None
    ]
    scale = next(iter(measured.values())).scale
    return Trend(
        points,
        [Level(kind.partition(" ")[0], height(change)) for kind, change in levels.items()],
        (_number(least, scale), _number(greatest, scale)),
    )


def _levels(rows: Sequence[RoundWatch]) -> Iterator[tuple[str, float]]:
    """The bounds of the last round that has the figure, and no change."""
    last = rows[-1]
    if last.scale != "value":
        yield "none", 0.0
    for kind in ("warn below", "warn above", "stop below", "stop above"):
        bound = getattr(last, kind.replace(" ", "_"))
        if bound is not None:
            yield kind, bound


def _reach(rows: Sequence[RoundWatch], levels: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest change of the picture; a wide interval goes beyond its frame."""
    reached = [*levels, *(row.change for row in rows if row.change is not None)]
    least, greatest = min(reached), max(reached)
    span = (greatest - least) or abs(greatest) or 1.0
    lows = [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.high is not None]
    low = max(min([least, *lows]), least - _FURTHER * span)
    high = min(max([greatest, *highs]), greatest + _FURTHER * span)
    margin = 0.08 * ((high - low) or span)
    return low - margin, high + margin


def _across(place: int, number: int) -> float:
    room = WIDTH - LEFT - RIGHT
    return round(LEFT + room * (place + 0.5) / number, 1)


def _words(row: RoundWatch) -> str:
    assert row.change is not None
    change = _number(row.change, row.scale)
    if row.low is None or row.high is None:
        return f"{change}, {row.outcome}"
    return f"{change} ({_number(row.low, row.scale)} to {_number(row.high, row.scale)}), {row.outcome}"


def _number(change: float, scale: str) -> str:
    return f"{change:+.0%}" if scale == "relative" else f"{change:.2g}"
