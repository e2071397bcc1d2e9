"""What the UI shows of evaluations, and of judges beside people."""

from collections.abc import Sequence
from typing import Any

from datasets_registry.rows.evaluation import Metric
from datasets_registry.rows.judges import HumanAgreement, SteeredVerdict

SHOWN_METRICS = ("win_rate", "refusal_rate", "judged_refusal_rate", "mean_tokens")


def metric_summary(metrics: Sequence[Metric]) -> dict[str, Any]:
    """The main figures by model and kind of prompt."""
    return {
        f"{row.model}_{row.kind}_{row.metric}": row.value
        for row in metrics
        if row.value is not None and row.metric in SHOWN_METRICS
    }


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
