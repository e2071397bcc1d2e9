"""What the UI shows of evaluations, and of judges beside people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import dagster as dg

from datasets_registry.cards.markdown import table
from datasets_registry.rows.judge_benchmark import ALL, BenchmarkFigure, JudgeAnswer, JudgeItem
from datasets_registry.rows.judges import HumanAgreement, SteeredVerdict


def agreement_summary(rows: Sequence[HumanAgreement]) -> dict[str, Any]:
    """How many comparisons the judge labelled, and how often as people did."""
    labelled = [row for row in rows if row.agrees is not None]
    agreed = sum(row.agrees is True for row in labelled)
    return {"labelled": len(labelled), "accuracy": agreed / max(len(labelled), 1)}


def steered_summary(rows: Sequence[SteeredVerdict]) -> dict[str, Any]:
    """How many verdicts additions were tried on, how many they turned, and how many neutral ones did."""
    tried = [row for row in rows if row.failure is None]
    return {
        "tried": len(tried),
        "turned": sum(row.moved is True for row in tried),
        "turned_by_neutral": sum(row.neutral_moved is True for row in tried),
        "failures": len(rows) - len(tried),
    }


def item_counts(items: Sequence[JudgeItem]) -> dict[str, Any]:
    """Items by suite, and rows that are none."""
    counts = Counter[str](row.suite for row in items if row.failure is None)
    return {**counts, "failures": sum(row.failure is not None for row in items)}


def answer_summary(answers: Sequence[JudgeAnswer]) -> dict[str, Any]:
    """How many answers there are, and how many calls have none."""
    failures = sum(row.failure is not None for row in answers)
    return {"answers": len(answers) - failures, "failures": failures}


def benchmark_summary(figures: Sequence[BenchmarkFigure]) -> dict[str, Any]:
    """A table of each judge's figures over whole suites, with its content-blind rows."""
    shown = sorted(
        (row for row in figures if row.subset == ALL and row.value is not None),
        key=lambda row: (row.suite, row.metric, row.judge_kind == "content-blind", row.judge, row.asked),
    )
    headings = ("suite", "metric", "judge", "asked", "value", "95 %", "n")
    return {"suites": dg.MetadataValue.md(table(headings, [*map(_cells, shown)]))}


def _cells(row: BenchmarkFigure) -> Sequence[object]:
    interval = "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"
    judge = f"{row.judge} (content-blind)" if row.judge_kind == "content-blind" else row.judge
    return row.suite, row.metric, judge, row.asked, f"{row.value:.3f}", interval, row.num_items
