"""Small rows for tests: one function per row type, with what a test does not care about filled in."""

from typing import Any, TypeVar

from datasets_registry.hygiene_schemas import HygieneFinding
from datasets_registry.imported_schemas import ChatMessage, Demonstration, HumanPreference, Problem
from datasets_registry.row import Row
from datasets_registry.schemas import (
    AiJudgement,
    CompletionPair,
    EvaluationAnswer,
    HelpfulAnswer,
    HelpfulPrompt,
    Metric,
    PreferencePair,
    RedTeamPrompt,
    RevisionStep,
    SftExample,
)

R = TypeVar("R", bound=Row)

_DEFAULTS: dict[type[Row], dict[str, Any]] = {
    Metric: {
        "model": "sft_policy", "kind": "helpful", "metric": "win_rate", "value": 0.5, "low": None,
        "high": None, "num_items": 1,
    },
    RedTeamPrompt: {"category": "privacy", "split": "train", "source": "test", "licence": "Apache-2.0"},
    HelpfulPrompt: {"category": "explain", "split": "train", "source": "test", "licence": "Apache-2.0"},
    RevisionStep: {
        "step": 1, "category": "privacy", "principle_id": "kind", "draft": "draft", "critique": "bad",
        "revision": "better", "changed": True, "finish_reason": "stop", "failure": None,
        "draft_key": "k", "critique_key": "k", "revision_key": "k",
    },
    HelpfulAnswer: {
        "category": "explain", "completion": "an answer", "finish_reason": "stop", "failure": None,
        "completion_key": "k",
    },
    SftExample: {"completion": "an answer", "kind": "helpful", "category": "explain", "completion_key": "k"},
    CompletionPair: {
        "kind": "helpful", "category": "explain", "completion_a": "one", "completion_b": "two",
        "failure": None, "key_a": "k", "key_b": "k",
    },
    AiJudgement: {
        "order": "ab", "principle_id": "kind", "p_first": 0.9, "outside_probability": 0.0,
        "verdict": "first", "failure": None, "judgement_key": "k",
    },
    PreferencePair: {
        "kind": "helpful", "category": "explain", "principle_id": "kind", "p_a": 0.9, "logit_ab": 2.0,
        "logit_ba": 2.0, "label": "a", "failure": None, "chosen": "one", "rejected": "two",
    },
    EvaluationAnswer: {
        "model": "sft_policy", "kind": "helpful", "category": "explain", "completion": "an answer",
        "finish_reason": "stop", "num_tokens": 3, "refused": False, "p_win": None, "verdict": None,
        "completion_key": "k",
    },
    Problem: {"answer": "4", "solution": None, "split": "train", "source": "test", "licence": "MIT"},
    HumanPreference: {
        "messages": [ChatMessage(role="user", content="hi")], "chosen": "one", "rejected": "two",
        "score_chosen": 2.5, "score_rejected": None, "source": "test", "licence": "MIT",
    },
    Demonstration: {
        "messages": [ChatMessage(role="user", content="hi")], "completion": "an answer",
        "source": "test", "licence": "MIT",
    },
    HygieneFinding: {
        "label_dataset": "preference_pairs", "text_column": "chosen", "row_id": "pair p1",
        "kind": "refusal", "matches": None, "cluster": None, "detail": "has a refusal phrase", "score": 1.0,
    },
}  # fmt: skip


def make(row: type[R], name: str = "p1", **fields: Any) -> R:
    """A row about the prompt ``name``; ``fields`` override what it says."""
    known = set(row.model_fields)
    about = {"prompt_id": name, "prompt": f"prompt {name}", "split_group": name, "pair_id": f"pair {name}"}
    about |= {"problem_id": name, "id": name}
    values = {key: value for key, value in about.items() if key in known}
    return row.model_validate(values | _DEFAULTS[row] | fields)
