"""Figures of a model beside those of another, each with its interval, as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import COMPOSITE, EvaluationDifference, SuiteFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, column, columns, records, scanning
from methods.evaluation.measures import ALL
from quality.evaluation.report.marks import Drawn, Mark, difference_mark, drawn, figure_mark
from studio.queries.evaluated.together import typed

MOST = 2_000
Place = tuple[str, str, str]


@dataclass(frozen=True)
class FigureShown:
    """A figure of a model, and of another; their intervals on one scale, and the difference around zero."""

    category: str
    metric: str
    better: str
    marks: tuple[Mark, ...]
    picture: Drawn | None
    difference: Mark | None
    differing: Drawn | None
    num_missing: int
    notes: Sequence[str]


BySuite = Mapping[str, Sequence[FigureShown]]


def figures_of(
    registry: Registry,
    figures: Version,
    differences: Version | None,
    models: Sequence[str],
    suite: str | None,
) -> BySuite:
    """The figures of one or two models by suite, the composite first.

    Those over a whole suite, and those by category too where one suite is asked for.
    """
    rows = typed(SuiteFigure, _rows(registry, figures, SuiteFigure, {"model": models}, suite))
    baseline = models[1:]
    differing: list[EvaluationDifference] = []
    if differences is not None and baseline:
        wanted = {"model": models[:1], "baseline": baseline}
        differing = typed(
            EvaluationDifference, _rows(registry, differences, EvaluationDifference, wanted, suite)
        )
    beside = {_place(row): row for row in differing}
    places: dict[Place, list[SuiteFigure]] = {}
    for row in sorted(rows, key=lambda row: models.index(row.model)):
        places.setdefault(_place(row), []).append(row)
    shown: dict[str, list[FigureShown]] = {}
    for place in sorted(places, key=lambda place: (place[0] != COMPOSITE, place[0], place[1] != ALL, place)):
        shown.setdefault(place[0], []).append(_shown(places[place], beside.get(place), models))
    return shown


def _rows(
    registry: Registry,
    version: Version,
    row: type[Row],
    wanted: Mapping[str, Sequence[str]],
    suite: str | None,
) -> list[ResultRow]:
    """The rows whose columns have one of the values, of one suite or over each whole suite."""
    conditions = [f"{column(name)} IN ({', '.join('?' * len(values))})" for name, values in wanted.items()]
    values = [value for each in wanted.values() for value in each]
    conditions.append("suite = ?" if suite else "category = ?")
    query = (
        f"SELECT * FROM {parquet(registry.files(version))} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {columns(row.key)} LIMIT {MOST}"
    )
    with scanning(registry.state) as connection:
        return records(connection, query, [*values, suite or ALL])


def _place(row: SuiteFigure | EvaluationDifference) -> Place:
    return row.suite, row.category, row.metric


def _shown(
    rows: Sequence[SuiteFigure], differing: EvaluationDifference | None, models: Sequence[str]
) -> FigureShown:
    first = rows[0]
    marks = tuple(figure_mark(row, row.model, of_baseline=row.model != models[0]) for row in rows)
    difference = None if differing is None else difference_mark(differing, differing.model)
    return FigureShown(
        category=first.category,
        metric=first.metric,
        better=first.better,
        marks=marks,
        picture=_drawn(marks),
        difference=difference,
        differing=None if difference is None else _drawn((difference,), around_zero=True),
        num_missing=sum(row.num_missing for row in rows),
        notes=_notes(rows),
    )


def _notes(rows: Sequence[SuiteFigure]) -> list[str]:
    """What is to be minded, once each; of one model alone with its name."""
    noted: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            noted.setdefault(row.note, []).append(row.model)
    return [note if len(by) == len(rows) else f"{by[0]}: {note}" for note, by in noted.items()]


def _drawn(marks: Sequence[Mark], *, around_zero: bool = False) -> Drawn | None:
    """The marks that have intervals on one scale; None without any."""
    whole = [mark for mark in marks if mark.has_interval]
    return drawn("", whole, around_zero=around_zero) if whole else None
