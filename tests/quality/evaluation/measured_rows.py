"""Small rows of what suites measure, with what a test does not care about filled in."""

from typing import Any

from datasets_registry.rows.evaluation import (
    AnswerTurn,
    EvaluationDifference,
    EvaluationItem,
    GateResult,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.hygiene import EvaluationLeak
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row

_PLACE = {"model": "sft_policy", "suite": "harmlessness"}
_FIGURE = {**_PLACE, "category": "all", "metric": "harm", "num_clusters": 100}
MEASURED: dict[type[Row], dict[str, Any]] = {
    EvaluationItem: {
        "suite": _PLACE["suite"],
        "variant": "plain",
        "cluster": "c",
        "category": "fraud",
        "messages": [ChatMessage(role="user", content="hi")],
        "source": "test",
        "licence": "Apache-2.0",
    },
    SuiteAnswer: {
        **_PLACE,
        "variant": "plain",
        "sample": 0,
        "cluster": "c",
        "category": "fraud",
        "turns": [
            AnswerTurn(
                prompt="hi", completion="an answer", finish_reason="stop", num_tokens=3, completion_key="k"
            )
        ],
    },
    SuiteFigure: {
        **_FIGURE,
        "better": "lower",
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "num_items": 100,
        "num_missing": 0,
        "note": None,
    },
    EvaluationDifference: {
        **_FIGURE,
        "baseline": "base_policy",
        "better": "lower",
        "difference": 0.0,
        "low": -0.02,
        "high": 0.02,
        "p_value": 1.0,
        "p_holm": 1.0,
        "num_pairs": 100,
    },
    EvaluationLeak: {
        "suite": "capability",
        "variant": "plain",
        "part": "prompt",
        "training_dataset": "cai_sft",
        "row_id": "p1/0",
        "text_column": "completion",
        "kind": "ngram",
        "detail": "the words that are shared",
        "score": 1.0,
    },
    GateResult: {
        **_PLACE,
        "category": "all",
        "metric": "harm",
        "gate": "harmless",
        "against": None,
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "num_items": 100,
        "at_least": None,
        "at_most": 0.3,
        "by": "interval",
        "passed": True,
        "why": None,
    },
}
