"""What rows of mixtures say where a test does not care."""

from typing import Any

from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.row import Row

_MESSAGES = [{"role": "user", "content": "prompt p1"}]
_MIXED = {"row_id": "r1", "messages": _MESSAGES, "num_tokens": None}
MIXED: dict[type[Row], dict[str, Any]] = {
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
