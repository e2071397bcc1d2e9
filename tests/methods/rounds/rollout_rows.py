"""What a test does not care about in rows of rollouts."""

from typing import Any

from datasets_registry.rows.rounds.rollouts import Rollout, RolloutPair, RolloutScore
from datasets_registry.rows.row import Row

_PLACE = {"policy": "grpo_policy", "step": 1, "group": 0}
ROLLOUTS: dict[type[Row], dict[str, Any]] = {
    Rollout: {
        **_PLACE,
        "sample": 0,
        "process": 0,
        "system_text": None,
        "answer": "2",
        "completion": "A:2",
        "finish_reason": "stop",
        "num_tokens": 4,
        "signals": [],
        "reward": 1.0,
        "advantage": 0.5,
    },
    RolloutScore: {**_PLACE, "sample": 0, "signal": "verifier", "score": 1.0, "failure": None},
    RolloutPair: {
        **_PLACE,
        "signal": "reward",
        "label": "a",
        "chosen": "A:2",
        "rejected": "A:3",
        "score_chosen": 1.0,
        "score_rejected": 0.0,
        "num_tokens_chosen": 4,
        "num_tokens_rejected": 4,
        "num_samples": 2,
        "num_cut": 0,
        "num_unscored": 0,
    },
}
