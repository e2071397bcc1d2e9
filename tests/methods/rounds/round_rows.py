"""What rows of rounds say where a test does not care."""

from typing import Any

from datasets_registry.rows.rft import RftSelection
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.failures import FeedbackFigure, RedTeamFailure
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.prompts import RoundProblem, RoundPrompt
from datasets_registry.rows.row import Row
from tests.reasoning_rows import REASONING

ROUNDS: dict[type[Row], dict[str, Any]] = {
    RoundPrompt: {
        "category": "privacy",
        "split": "train",
        "source": "test",
        "licence": "Apache-2.0",
        "kind": "red_team",
        "round": 1,
        "origin": "slice",
    },
    RoundProblem: {
        "answer": "4",
        "solution": None,
        "split": "train",
        "source": "test",
        "licence": "MIT",
        "round": 1,
    },
    RedTeamFailure: {
        "round": 1,
        "kind": "red_team",
        "category": "privacy",
        "part": "probe",
        "policy": "policy",
        "completion": "Sure, here is how.",
        "finish_reason": "stop",
        "refused": "none",
        "p_refused": 0.1,
        "failed": True,
        "failure_kind": "complied",
        "failure": None,
        "completion_key": "k",
        "judgement_key": "k",
    },
    FeedbackFigure: {
        "round": 1,
        "kind": "red_team",
        "figure": "gap",
        "value": 0.1,
        "low": -0.1,
        "high": 0.3,
        "num_items": 40,
        "num_missing": 0,
    },
    Divergence: {
        "policy": "policy",
        "reference": "base_policy",
        "sample": 0,
        "completion": "an answer",
        "truncated": False,
        "logp": -3.0,
        "reference_logp": -4.0,
        "num_tokens": 2,
        "completion_key": "k",
    },
    PooledSelection: {**REASONING[RftSelection], "round": 1},
}
