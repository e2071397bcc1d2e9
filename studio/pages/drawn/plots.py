"""The plots of a version's rows: what is measured of them counted, and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from studio.pages.drawn.measures import Measured, measured
from studio.pictures.histogram import Axis, Drawn, grid, histogram
from studio.queries.distributions import Counts, distributions
from studio.queries.filters import Condition
from studio.queries.rows import columns_of

# a version of so few is counted in milliseconds, also amid its page of rows
FEW_ROWS = 20_000


@dataclass(frozen=True)
class Plot:
    """A plot with its axes' names, its series' names in order, and ``summary``, which says it in words."""

    title: str
    across: str
    up: str
    series: Sequence[str]
    summary: str
    note: str
    drawn: Drawn


@dataclass(frozen=True)
class Plots:
    """The plots of so many rows, and what these are called."""

    number: int
    noun: str
    plots: Sequence[Plot]


def measured_of(registry: Registry, version: Version) -> Measured | None:
    """What can be drawn of the version's rows; None where there is nothing."""
    if version.kind != "dataset":
        return None
    found = measured(rows_of(version), columns_of(registry, version))
    return found if found.measures else None


def plots(registry: Registry, version: Version, drawn: Measured, conditions: Sequence[Condition]) -> Plots:
    """What is drawn of the rows that keep the conditions; raises as counting them does."""
    counted = distributions(registry, version, drawn.measures, conditions)
    return Plots(counted.number, drawn.noun, [_plot(counts, drawn.noun) for counts in counted.counts])


def _plot(counts: Counts, noun: str) -> Plot:
    measure = counts.measure
    series = {each.name: each.bins for each in counts.series}
    axis = Axis(measure.scale.edges, is_log=measure.scale.is_log, is_open=measure.scale.is_open)
    if measure.against is not None:
        drawn, up = grid(axis, counts.cells), measure.against.name
    else:
        drawn, up = histogram(axis, series), f"number of {noun}"
    return Plot(measure.title, measure.axis, up, list(series), _summary(counts), measure.note, drawn)


def _summary(counts: Counts) -> str:
    """How many there are, their medians and shares; of a grid no median, as it has two axes."""
    is_grid = counts.measure.against is not None
    parts = [
        f"{each.number:,} {each.name}"
        + ("" if is_grid or each.median is None else f", median {each.median:.3g}")
        for each in counts.series
    ]
    shares = [f"{name} in {share:.0%}" for name, share in counts.shares.items() if share is not None]
    return "; ".join([*parts, *shares]) + "."
