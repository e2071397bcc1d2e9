"""What the UI shows of evaluations, and of judges beside people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import dagster as dg

from datasets_registry.cards.markdown import table
from datasets_registry.rows.judge_benchmark import ALL, BenchmarkFigure, JudgeAnswer, JudgeItem
from datasets_registry.rows.judges import HumanAgreement, SteeredVerdict
from datasets_registry.rows.review.agreement import ReviewFigure


def agreement_summary(rows: Sequence[HumanAgreement]) -> dict[str, Any]:
    """How many comparisons the judge labelled, and how often as people did."""
    labelled = [row for row in rows if row.agrees is not None]
    agreed = sum(row.agrees is True for row in labelled)
    return {"labelled": len(labelled), "accuracy": agreed / max(len(labelled), 1)}


def review_summary(rows: Sequence[ReviewFigure]) -> dict[str, Any]:
    """What people say of the labels: agreement, bound, whether it passed, what waits, and the worst part."""
    of_all = {row.figure: row for row in rows if row.subset == "all"}
    agreed, waiting = of_all.get("agreement"), of_all.get("waiting")
    parts = [row for row in rows if row.figure == "agreement" and row.subset in ("principle", "part")]
    worst = min((row for row in parts if row.value is not None), key=lambda row: row.value or 0, default=None)
    told = {
        "agreement": _in_words(agreed) if agreed else None,
        "passed": _bound(agreed) if agreed and agreed.at_least is not None else None,
        "waiting": waiting.says if waiting else None,
        "worst": f"{worst.part}: {_in_words(worst)}{_more(worst)}" if worst else None,
        "between_people": _in_words(between) if (between := of_all.get("between_people")) else None,
        "value": agreed.value if agreed else None,
        "low": agreed.low if agreed else None,
    }
    return {name: figure for name, figure in told.items() if figure is not None}


def _in_words(row: ReviewFigure) -> str:
    if row.value is None or row.low is None or row.high is None:
        return "nothing measured"
    return f"{row.value:.2f} (95 %: {row.low:.2f} to {row.high:.2f}), n = {row.num_items}"


def _bound(agreed: ReviewFigure) -> str:
    reached = "yes" if agreed.holds else "no"
    waits = "models wait for it" if agreed.required else "no model waits for it"
    return f"{reached}: the interval's lower end must reach {agreed.at_least:g}; {waits}"


def _more(worst: ReviewFigure) -> str:
    """What to add to the profile for ten more of a principle."""
    return f"; ten more of this one: review.more = {{ {worst.part} = 10 }}" * (worst.subset == "principle")


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
