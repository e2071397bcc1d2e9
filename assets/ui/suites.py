"""What the UI shows of evaluations on suites: counts, tables, figures that plot over versions, and pages."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from datasets_registry.cards.markdown import table
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import (
    EvaluationDifference,
    EvaluationItem,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.state import durable
from datasets_registry.version import Version
from methods.evaluation.measures import ALL
from quality.evaluation.report.marks import LEAST_ITEMS, difference_mark, figure_mark, number
from quality.evaluation.report.page import page
from quality.evaluation.report.places import ANSWERS, model_of
from quality.evaluation.report.stored import Stored

Summary = dict[str, Any]
PAGES = "reports"


def suite_item_summary(items: Sequence[EvaluationItem]) -> Summary:
    """Items by suite, and rows of files that are none."""
    asked = {(row.suite, row.item_id) for row in items if row.failure is None}
    counts = Counter[str](suite for suite, _ in asked)
    return {**dict(sorted(counts.items())), "failures": sum(row.failure is not None for row in items)}


def suite_answer_summary(answers: Sequence[SuiteAnswer]) -> Summary:
    """How many answers there are, how many are missing, how many grades are, and a table by suite."""
    suites = sorted({row.suite for row in answers})
    lines = [_counts([row for row in answers if row.suite == suite]) for suite in suites]
    whole = _counts(answers)
    headings = ("suite", "answers", "missing", "grades missing")
    return {
        **dict(zip(("answers", "failures", "grade_failures"), whole, strict=True)),
        "suites": _markdown(headings, [(suite, *line) for suite, line in zip(suites, lines, strict=True)]),
    }


def suite_figure_summary(figures: Sequence[SuiteFigure]) -> Summary:
    """Figures over whole suites in a table, and those that have a better way as numbers that plot.

    Of fewer than 100 answers both ends of the interval plot over versions, and no value.
    """
    whole = [row for row in figures if row.category == ALL]
    rows = [
        (row.suite, row.metric, row.model, number(mark.value), mark.interval, row.num_items, row.note)
        for row, mark in ((row, figure_mark(row, row.model)) for row in whole)
    ]
    directed = [row for row in whole if row.better != "neither"]
    plotted = [point for row in directed for point in _points(f"{row.model}_{row.suite}_{row.metric}", row)]
    headings = ("suite", "figure", "model", "value", "95 %", "n", "to mind")
    return {**dict(plotted), "figures": _markdown(headings, rows)}


def difference_summary(differences: Sequence[EvaluationDifference]) -> Summary:
    """How many differences are better, worse and not told apart, and a table of those over whole suites."""
    marks = [(row, difference_mark(row, row.model)) for row in differences if row.category == ALL]
    says = Counter(mark.says.replace(" ", "_") for _, mark in marks)
    rows = [
        (
            row.suite,
            row.metric,
            number(mark.value),
            mark.interval,
            row.num_pairs,
            number(row.p_holm),
            mark.says,
            f"{row.model} less {row.baseline}",
        )
        for row, mark in marks
    ]
    headings = ("suite", "figure", "difference", "95 %", "n", "p (Holm)", "says", "of")
    return {**dict(sorted(says.items())), "differences": _markdown(headings, rows)}


def figure_pages(registry: Registry, version: Version) -> Summary:
    """The page of each model that a version has figures of, by the path of its file."""
    rows = _rows_behind(registry, version)
    models = dict.fromkeys(row.model for row in registry.rows(SuiteFigure, version))
    return {
        f"page_{model}": _written(registry, version, model, page(rows.contents(model)))
        for model in models
        # canaries are shown beside the models' figures, and have no page
        if model in rows.answered_by
    }


def difference_pages(registry: Registry, version: Version) -> Summary:
    """The page of each model beside its baseline, by the path of its file."""
    rows = _rows_behind(registry, version)
    differences = registry.rows(EvaluationDifference, version)
    compared = dict.fromkeys((row.model, row.baseline) for row in differences)
    return {
        f"page_{model}": _written(registry, version, model, page(rows.contents(model, baseline)))
        for model, baseline in compared
    }


def _rows_behind(registry: Registry, version: Version) -> Stored:
    """The rows of exactly the answers that a version was made from."""
    inputs = registry.derivation(version).inputs
    return Stored(registry, {model_of(registry, each): each for each in inputs if ANSWERS in each.name})


def _written(registry: Registry, version: Version, model: str, text: str) -> dg.MetadataValue:
    file = registry.state.root / PAGES / str(version).replace("/", "_") / f"{model.replace('/', '_')}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    with durable(file) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
    return dg.MetadataValue.path(file)


def _points(name: str, row: SuiteFigure) -> Iterator[tuple[str, float]]:
    ends = (("", row.value),) if row.num_items >= LEAST_ITEMS else (("_low", row.low), ("_high", row.high))
    yield from ((name + end, value) for end, value in ends if value is not None)


def _counts(answers: Sequence[SuiteAnswer]) -> tuple[int, int, int]:
    missing = sum(row.failure is not None for row in answers)
    grades = sum(grade.failure is not None for row in answers for grade in row.grades)
    return len(answers) - missing, missing, grades


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.MetadataValue:
    return dg.MetadataValue.md(plain(table(headings, rows)))
