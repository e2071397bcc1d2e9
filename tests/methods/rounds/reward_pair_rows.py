"""What a test does not care about in pairs that reward models label."""

from typing import Any

from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.reward_pairs import RewardPair
from datasets_registry.rows.scored.signals import SignalScore

NO_PAIR: dict[str, Any] = {
    "chosen": None,
    "rejected": None,
    "reward_chosen": None,
    "reward_rejected": None,
    "scores_chosen": [],
    "scores_rejected": [],
    "conflicting": None,
    "chosen_key": None,
    "rejected_key": None,
}
REWARDED: dict[type[Row], dict[str, Any]] = {
    RewardPair: {
        "kind": "red_team",
        "category": "privacy",
        "policy": "policy",
        "rule": None,
        "label": "a",
        "chosen": "Good.",
        "rejected": "Bad.",
        "reward_chosen": 1.0,
        "reward_rejected": 0.0,
        "scores_chosen": [SignalScore(signal="helpfulness", score=1.0, raw=2.0)],
        "scores_rejected": [SignalScore(signal="helpfulness", score=0.0, raw=0.0)],
        "conflicting": False,
        "num_samples": 8,
        "num_unusable": 0,
        "num_unscored": 0,
        "chosen_key": "k",
        "rejected_key": "w",
    }
}
