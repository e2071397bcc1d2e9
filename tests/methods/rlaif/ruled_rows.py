"""What a test does not care about in completions that rules select, and in their control."""

from typing import Any

from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection

_SELECTED: dict[str, Any] = {
    "kind": "helpful",
    "category": "explain",
    "completion": "A short answer.",
    "kept": ["one_sentence"],
    "num_rules": 1,
    "num_whole": 4,
    "policy": "base_policy",
    "sample": 0,
    "num_tokens": 4,
    "completion_key": "k",
}
RULED: dict[type[Row], dict[str, Any]] = {RuleSelection: _SELECTED, RuleControl: _SELECTED | {"kept": []}}
