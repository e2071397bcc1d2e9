"""How numbers of a version's rows are distributed: counted in bins, all by one pass over its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import records, scanning
from studio.queries.filters import Condition, all_of

KEPT = 64


@dataclass(frozen=True)
class Scale:
    """``bins`` equal bins from ``low`` on; what lies outside counts in the first or the last.

    ``width`` is of a bin, in powers of ten where the scale ``is_log``. One that ``is_open`` ends where
    numbers may go on.
    """

    low: float
    width: float
    bins: int
    is_log: bool = False
    is_open: bool = False

    @property
    def edges(self) -> list[float]:
        """The lower edges of all bins, and the upper one of the last."""
        steps = [self.low + place * self.width for place in range(self.bins + 1)]
        return [10**step if self.is_log else step for step in steps]

    def bin(self, number: str) -> str:
        """SQL of the bin of a number; null where it is none."""
        placed = f"log10(greatest({number}, 1))" if self.is_log else number
        # what stands on an edge belongs above it, however it is rounded
        place = f"floor(({placed} - {self.low}) / {self.width} + 1e-9)"
        within = f"greatest(0, least({self.bins - 1}, {place}))"
        return f"CASE WHEN NOT isnan({number}) THEN {within} END::INTEGER"


@dataclass(frozen=True)
class Series:
    """Numbers that are counted: SQL over a row, of the rows that keep ``where``."""

    name: str
    sql: str
    where: str = "true"


@dataclass(frozen=True)
class Measure:
    """What is counted on one scale, of one series or two.

    ``against`` has numbers on the same scale: each pair of bins is counted then, of the first series.
    ``shares`` are conditions by name, of which the share of rows is told. ``needs`` are the columns without
    which it is left out.
    """

    title: str
    axis: str
    scale: Scale
    series: tuple[Series, ...]
    needs: tuple[str, ...]
    against: Series | None = None
    shares: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class SeriesCounts:
    """A series' number of values, their median, and how many are in each bin, from 0."""

    name: str
    number: int
    median: float | None
    bins: Mapping[int, int]


@dataclass(frozen=True)
class Counts:
    """What was counted of a measure; ``cells`` by both bins where one thing is set against another."""

    measure: Measure
    series: Sequence[SeriesCounts]
    shares: Mapping[str, float | None]
    cells: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Distributions:
    """The measures of those of a version's rows that keep the conditions, and how many these are."""

    number: int
    counts: Sequence[Counts]


def distributions(
    registry: Registry, version: Version, measures: Sequence[Measure], conditions: Sequence[Condition]
) -> Distributions:
    """The measures of the rows that keep the conditions; raises BrokenObject where a file cannot be read."""
    files = tuple(registry.files(version))
    return _counted(registry.state.root, files, tuple(measures), all_of(conditions))


# files of a version never change
@lru_cache(maxsize=KEPT)
def _counted(
    root: Path, files: tuple[Path, ...], measures: tuple[Measure, ...], where: Condition
) -> Distributions:
    asked = {"number": "count(*)"}
    for place, measure in enumerate(measures):
        asked |= {f"{place} {name}": sql for name, sql in _aggregates(measure).items()}
    selected = ", ".join(f'{sql} AS "{name}"' for name, sql in asked.items())
    query = f"SELECT {selected} FROM {parquet(files)} WHERE {where.sql}"
    with scanning(State(root)) as connection:
        (row,) = records(connection, query, list(where.values))
    counts = [_counts(measure, _of(row, place)) for place, measure in enumerate(measures)]
    return Distributions(row["number"], counts)


def _aggregates(measure: Measure) -> dict[str, str]:
    """SQL of all that is asked of a measure, by name."""
    asked = {}
    for place, series in enumerate(measure.series):
        number, among = f"({series.sql})::DOUBLE", f"FILTER (WHERE {series.where})"
        asked[f"bins {place}"] = f"histogram({measure.scale.bin(number)}) {among}"
        asked[f"number {place}"] = f"count({number}) {among}"
        asked[f"median {place}"] = f"median({number}) {among}"
    for place, (_, condition) in enumerate(measure.shares):
        asked[f"share {place}"] = f"avg(({condition})::DOUBLE)"
    if measure.against is not None:
        first, second = (f"({series.sql})::DOUBLE" for series in (measure.series[0], measure.against))
        bins = measure.scale.bins
        asked["cells"] = f"histogram({measure.scale.bin(first)} * {bins} + {measure.scale.bin(second)})"
    return asked


def _of(row: Mapping[str, Any], place: int) -> dict[str, Any]:
    start = f"{place} "
    return {name.removeprefix(start): row[name] for name in row if name.startswith(start)}


def _counts(measure: Measure, answers: Mapping[str, Any]) -> Counts:
    series = [
        SeriesCounts(
            each.name,
            answers[f"number {place}"],
            answers[f"median {place}"],
            answers[f"bins {place}"] or {},
        )
        for place, each in enumerate(measure.series)
    ]
    shares = {name: answers[f"share {place}"] for place, (name, _) in enumerate(measure.shares)}
    cells = answers.get("cells") or {}
    bins = measure.scale.bins
    return Counts(measure, series, shares, {divmod(cell, bins): number for cell, number in cells.items()})
