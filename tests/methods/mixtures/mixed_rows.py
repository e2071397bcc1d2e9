"""What rows of mixtures and pass rates say where a test does not care."""

from typing import Any

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from tests.reasoning_rows import REASONING

_MESSAGES = [{"role": "user", "content": "prompt p1"}]
_MIXED = {"row_id": "r1", "messages": _MESSAGES, "num_tokens": None}
MIXED: dict[type[Row], dict[str, Any]] = {
    PromptPassRate: {
        "policy": "lab_policy",
        "round": None,
        "num_samples": 2,
        "num_failed": 0,
        "num_passed": 1,
        "pass_rate": 0.5,
        "low": 0.09,
        "high": 0.91,
        "place": "kept",
    },
    BandedProblem: {**REASONING[Problem], "policy": "lab_policy", "pass_rate": 0.5},
    MixedExample: {**_MIXED, "source": "cai_sft", "completion": "an answer"},
    MixedPair: {
        **_MIXED,
        "source": "preference_pairs",
        "chosen": "one",
        "rejected": "two",
        "label": "a",
        "p_a": 0.9,
        "p_harmlessness": None,
        "p_helpfulness": 0.9,
        "p_honesty": None,
        "p_signals": [{"signal": "helpfulness", "p_a": 0.9}],
    },
}
