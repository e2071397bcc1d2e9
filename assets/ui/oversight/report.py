"""What the UI shows of the report on oversight: who was found out, accuracy by protocol, all figures."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.ui.tables import in_words, interval_bar, shown_table
from datasets_registry.cards.markdown import cell, table
from datasets_registry.rows.oversight.report import OversightFigure

_HEADINGS = ("of", "kind", "protocol", "accuracy", "95 %", "0 to 1", "questions", "no verdict")


def report_summary(figures: Sequence[OversightFigure]) -> dict[str, Any]:
    """Findings by name, accuracies with their intervals drawn, and each figure."""
    found = [row for row in figures if row.flagged]
    findings = "\n".join(f"- {cell(row.says)}" for row in found) or "Nobody was found out."
    accuracies = [_accuracy(row) for row in figures if row.figure == "accuracy"]
    return {
        "found_out": dg.MetadataValue.md(findings),
        "accuracy": dg.MetadataValue.md(table(_HEADINGS, accuracies)),
        "figures": shown_table(("figure", "of", "part", "value", "95 %", "n"), [*map(_figure, figures)]),
        "findings": len(found),
    }


def _accuracy(row: OversightFigure) -> Sequence[object]:
    bar = "" if row.low is None or row.high is None else interval_bar(row.low, row.value or 0.0, row.high)
    value = "" if row.value is None else f"{row.value:.3f}"
    return row.of, row.kind, row.part, value, _interval(row), bar, row.num_items, row.num_missing


def _figure(row: OversightFigure) -> Sequence[object]:
    of = f"{row.role} {row.of}, {row.kind}"
    return in_words(row.figure), of, in_words(row.part), row.value, _interval(row), row.num_items


def _interval(row: OversightFigure) -> str:
    return "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"
