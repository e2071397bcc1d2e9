"""The figures of every model on every suite, with their intervals."""

import math
from collections.abc import Iterator, Mapping, Sequence

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer, SuiteFigure
from datasets_registry.settings import Settings
from methods.evaluation.canaries.notes import noted
from methods.evaluation.canaries.texts import is_canary
from methods.evaluation.measures import ALL, Measure
from methods.evaluation.suite import Answered, Suite
from methods.evaluation.suites.named import SUITES
from methods.method import Inputs, Method, Models
from quality.evaluation.answered import ByModel, answered, whole
from quality.evaluation.axes import COMPOSITE, CompositeSettings
from quality.evaluation.canaries import rated_with_canaries
from quality.evaluation.composite import composite
from quality.evaluation.drawing import Drawing, Drawn, drawing_axes, figure_interval
from quality.evaluation.unanswered import unanswered, why_unanswered

# a figure that lacks more of its answers says so
MISSING = 0.05
AXES = CompositeSettings()


class FigureSettings(Settings):
    """The axes of the composite, and the judge that is named where it prefers a canary."""

    judge: str | None = None
    composite: CompositeSettings = CompositeSettings()


def make_figures(inputs: Inputs, models: Models, settings: FigureSettings) -> list[SuiteFigure]:
    """The figures of the answers of every model to the items; the judge that prefers a canary is noted."""
    asked = answered(inputs.rows(EvaluationItem), inputs.stream(SuiteAnswer))
    rows = list(figures(asked, settings.composite))
    return noted(rows, rated_with_canaries(asked), settings.judge) if settings.judge else rows


def figures(
    asked: ByModel, axes: CompositeSettings = AXES, suites: Mapping[str, Suite] = SUITES
) -> Iterator[SuiteFigure]:
    """The figures of each model on each suite, of all items and of each category; then of all suites."""
    drawing = Drawing()
    measured = {
        model: {name: list(known(name, suites).figures(whole(answers))) for name, answers in of_model.items()}
        for model, of_model in asked.items()
    }
    for model, by_suite in measured.items():
        for name, measures in by_suite.items():
            answers = asked[model][name]
            for measure in (*measures, *unanswered(suites[name], model, answers, measured)):
                yield _row(model, name, measure, answers, drawing.of)
        if not is_canary(model):
            drawn = drawing_axes([by_suite], axes)
            for measure in composite(by_suite, axes):
                yield _row(model, COMPOSITE, measure, (), drawn)


def known(name: str, suites: Mapping[str, Suite]) -> Suite:
    """The suite of that name; raises BadInput where there is none."""
    if name not in suites:
        raise BadInput(f"no suite {name!r}: there are {', '.join(sorted(suites))}")
    return suites[name]


def _row(model: str, suite: str, measure: Measure, answers: Sequence[Answered], drawn: Drawn) -> SuiteFigure:
    value, low, high = _estimate(measure, drawn)
    num_failed, num_asked = failed_in(measure.category, answers)
    num_missing = measure.num_missing + num_failed
    why = why_unanswered(measure.category, answers) or measure.note or "nothing to measure"
    note = why if value is None else measure.note
    shares = (num_failed / max(num_asked, 1), num_missing / max(num_missing + measure.num_items, 1))
    if max(shares) > MISSING:
        lacking = f"{_missing(num_missing)} ({max(shares):.0%})"
        note = f"{note}; {lacking}" if note else lacking
    return SuiteFigure(
        model=model,
        suite=suite,
        category=measure.category,
        metric=measure.metric,
        better=measure.better,
        value=value,
        low=low,
        high=high,
        num_items=measure.num_items,
        num_clusters=len(measure.clusters),
        num_missing=num_missing,
        note=note,
    )


def _missing(number: int) -> str:
    return "1 answer or grade is missing" if number == 1 else f"{number:,} answers or grades are missing"


def _estimate(measure: Measure, drawn: Drawn) -> tuple[float | None, float | None, float | None]:
    """The figure and the ends of its interval."""
    if not measure.clusters:
        return None, None, None
    values = measure.statistic(drawn(measure.clusters))
    if not math.isfinite(values[0]):
        return None, None, None
    low, high = figure_interval(measure, values) or (None, None)
    return float(values[0]), low, high


def failed_in(category: str, answers: Sequence[Answered]) -> tuple[int, int]:
    """How many answers of the category failed, and how many there are."""
    of_category = [each.answer for each in answers if category in (ALL, each.answer.category)]
    return sum(answer.failure is not None for answer in of_category), len(of_category)


EVALUATION_FIGURES = Method(run=make_figures, settings=FigureSettings, rows=SuiteFigure)
