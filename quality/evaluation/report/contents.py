"""What a page shows, in the order in which it shows it: made of stored rows alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.rows.evaluation import (
    COMPOSITE,
    EvaluationDifference,
    EvaluationItem,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.review.reviewed import ReviewedFigure
from methods.evaluation.measures import ALL
from quality.evaluation.flips import Flip
from quality.evaluation.report.flipped import MOST, Flipped, flipped
from quality.evaluation.report.marks import Drawn, Mark, difference_mark, drawn, figure_mark
from quality.evaluation.report.worst import Worst, by_place, worst


@dataclass(frozen=True)
class Evaluated:
    """The rows of a model: its figures and its answers."""

    model: str
    figures: Sequence[SuiteFigure]
    answers: Sequence[SuiteAnswer] = ()


@dataclass(frozen=True)
class Contents:
    """A model, and the baseline with the differences from it and what flipped, where there is one.

    ``versions`` name the datasets' versions that the rows are of. ``reviewed`` is what people say beside
    grades, and never takes their place.
    """

    model: Evaluated
    items: Sequence[EvaluationItem] = ()
    baseline: Evaluated | None = None
    differences: Sequence[EvaluationDifference] = ()
    flips: Sequence[Flip] = ()
    versions: Sequence[str] = ()
    reviewed: Sequence[ReviewedFigure] = ()

    @property
    def title(self) -> str:
        """For example ``dpo_policy against base_policy``."""
        return f"{self.model.model} against {self.baseline.model}" if self.baseline else self.model.model

    @property
    def models(self) -> tuple[Evaluated, ...]:
        """The model, then the baseline."""
        return (self.model,) if self.baseline is None else (self.model, self.baseline)


@dataclass(frozen=True)
class Line:
    """A row of a suite's table: a figure of one of the models."""

    figure: SuiteFigure
    mark: Mark


@dataclass(frozen=True)
class Section:
    """A suite on a page: pictures, a table of all figures, differences, and the worst answers."""

    suite: str
    whole: tuple[Drawn, ...]
    categories: Mapping[str, tuple[Drawn, ...]]
    lines: tuple[Line, ...]
    differences: tuple[tuple[EvaluationDifference, Mark], ...] = ()
    worst: Sequence[Worst] = ()
    flipped: Sequence[Flipped] = ()
    num_flips: int = 0
    reviewed: Sequence[ReviewedFigure] = ()

    @property
    def compared(self) -> tuple[tuple[EvaluationDifference, Mark], ...]:
        """The differences of what both models have answered."""
        return tuple((row, mark) for row, mark in self.differences if row.num_pairs)

    @property
    def incomparable(self) -> list[str]:
        """The figures that not both models have."""
        names = (row.metric for row, _ in self.differences)
        return sorted({*names} - {row.metric for row, _ in self.compared})

    @property
    def differing(self) -> tuple[Drawn, ...]:
        """The differences over the whole suite, each around zero."""
        return tuple(
            drawn(row.metric, [mark], around_zero=True)
            for row, mark in self.differences
            if row.category == ALL and mark.has_interval
        )


def sections(contents: Contents) -> list[Section]:
    """A section for each suite that has figures: the composite, then the others by name."""
    suites = {figure.suite for evaluated in contents.models for figure in evaluated.figures}
    flips = {suite: [flip for flip in contents.flips if flip.item.suite == suite] for suite in suites}
    items = by_place(contents.items)
    return [
        Section(
            suite,
            _drawn(contents, suite, ALL),
            {category: _drawn(contents, suite, category) for category in _categories(contents, suite)},
            tuple(_lines(contents, suite)),
            tuple((row, difference_mark(row, row.model)) for row in _differences(contents, suite)),
            worst(
                [answer for answer in contents.model.answers if answer.suite == suite],
                _figures(contents.model, suite, ALL),
                items,
            ),
            [flipped(flip) for flip in flips[suite][:MOST]],
            len(flips[suite]),
            [row for row in contents.reviewed if row.suite == suite],
        )
        for suite in sorted(suites, key=lambda suite: (suite != COMPOSITE, suite))
    ]


def _figures(evaluated: Evaluated, suite: str, category: str) -> list[SuiteFigure]:
    return [row for row in evaluated.figures if (row.suite, row.category) == (suite, category)]


def _categories(contents: Contents, suite: str) -> list[str]:
    rows = [row for evaluated in contents.models for row in evaluated.figures if row.suite == suite]
    return sorted({row.category for row in rows} - {ALL})


def _drawn(contents: Contents, suite: str, category: str) -> tuple[Drawn, ...]:
    """Each figure with an interval, that of the model above that of the baseline."""
    marks: dict[str, list[Mark]] = {}
    for evaluated in contents.models:
        for figure in _figures(evaluated, suite, category):
            of_baseline = evaluated.model != contents.model.model
            mark = figure_mark(figure, evaluated.model, of_baseline=of_baseline)
            if mark.has_interval:
                marks.setdefault(figure.metric, []).append(mark)
    return tuple(drawn(metric, of_models) for metric, of_models in marks.items())


def _lines(contents: Contents, suite: str) -> Iterator[Line]:
    """Whole suite first, then by category; a metric's rows of both models stand together."""
    rows = [
        Line(row, figure_mark(row, evaluated.model))
        for evaluated in contents.models
        for row in evaluated.figures
        if row.suite == suite
    ]
    metrics = list(dict.fromkeys(line.figure.metric for line in rows))
    yield from sorted(
        rows,
        key=lambda line: (
            line.figure.category != ALL,
            line.figure.category,
            metrics.index(line.figure.metric),
        ),
    )


def _differences(contents: Contents, suite: str) -> list[EvaluationDifference]:
    rows = [row for row in contents.differences if row.suite == suite]
    return sorted(rows, key=lambda row: (row.category != ALL, row.category))
