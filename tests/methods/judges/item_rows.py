"""Small rows of suites and of judges' answers to them."""

from typing import Any

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.judge_benchmark import BenchmarkFigure, JudgeAnswer, JudgeItem
from datasets_registry.rows.row import Row

SUITES: dict[type[Row], dict[str, Any]] = {
    JudgeItem: {
        "suite": "llmbar",
        "subset": "natural",
        "kind": "pair",
        "cluster": "c1",
        "messages": [ChatMessage(role="user", content="hi")],
        "responses": ["right", "wrong"],
        "num_right": 1,
        "steps": [],
        "first_error": None,
        "failure": None,
        "source": "test",
        "licence": "MIT",
    },
    JudgeAnswer: {
        "judge": "base_policy",
        "judge_kind": "generative",
        "suite": "llmbar",
        "subset": "natural",
        "kind": "pair",
        "cluster": "c1",
        "asked": "begun probabilities",
        "usual": True,
        "right_response": 0,
        "wrong_response": 1,
        "num_right": 1,
        "shown_first": "right",
        "p_right": 0.9,
        "chosen": "right",
        "first_error": None,
        "judged_first_error": None,
        "failure": None,
        "answer_key": "k",
        "more_keys": [],
    },
    BenchmarkFigure: {
        "judge": "base_policy",
        "judge_kind": "generative",
        "asked": "begun probabilities",
        "suite": "llmbar",
        "subset": "all",
        "metric": "accuracy",
        "value": 0.8,
        "low": 0.7,
        "high": 0.9,
        "num_items": 80,
        "num_clusters": 40,
    },
}
