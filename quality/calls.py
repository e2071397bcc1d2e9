"""The stored model calls behind rows: who answered, what was asked and said, and what it cost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.views.ledger_columns import LAST_ATTEMPT
from generation.ledger.ledger import Ledger

_TOKENS = ("num_prompt_tokens", "num_completion_tokens")
_STORED = (
    "SELECT key, model, backend, asset, request, text, finish_reason, error, num_prompt_tokens,"
    " num_completion_tokens, choice_probabilities, outside_probability, seconds, usd, created_at"
    f" FROM completions WHERE key IN (SELECT unnest(?)) {LAST_ATTEMPT}"
)


def stored_calls(registry: Registry, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the ledger holds of each key; a key that it lacks has ``missing``, with why."""
    absent = {one: {"key": one, "missing": f"completion {one[:16]} is not in the ledger"} for one in keys}
    if not keys:
        return {}
    try:
        rows = Ledger(registry.state.ledger).ask(_STORED, list(absent))
    except BrokenObject as error:
        return {one: {"key": one, "missing": str(error)} for one in absent}
    names = model_names(registry)
    return absent | {one["key"]: _told(one, names) for one in rows}


def _told(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return row | {
        "model": names.get(row["model"]), "fingerprint": row["model"], "request": json.loads(row["request"]),
        "created_at": row["created_at"].isoformat(),
    }  # fmt: skip


def model_names(registry: Registry) -> dict[str, str]:
    """The models' versions, such as ``base_policy@1``, by fingerprint."""
    versions = [one for name in registry.names("model") for one in registry.versions(name)]
    return {one.data_version: str(one) for one in versions}


def totals(calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Number of calls, tokens, seconds and dollars; a call that is not stored counts as missing."""
    stored = [one for one in calls if "missing" not in one]
    return {
        "calls": len(stored), "missing": len(calls) - len(stored),
        **{name: sum(one[name] or 0 for one in stored) for name in _TOKENS},
        "seconds": sum(one["seconds"] or 0.0 for one in stored),
        "usd": sum(one["usd"] or 0.0 for one in stored),
    }  # fmt: skip
