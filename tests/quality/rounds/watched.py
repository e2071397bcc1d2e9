"""Rows of a round's watch and verdict, with what a test does not care about filled in."""

from typing import Any

from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch

WATCHED: dict[str, Any] = {
    "round": 1,
    "figure": "capability",
    "family": "facts",
    "concern": "capability",
    "scale": "difference",
    "value": 0.7,
    "baseline": 0.7,
    "change": 0.0,
    "low": -0.02,
    "high": 0.02,
    "level": 0.95,
    "num_items": 1_000,
    "warn_below": -0.02,
    "stop_below": -0.03,
    "by": "point",
    "outcome": "ok",
    "note": "within its bounds",
}
DECIDED: dict[str, Any] = {
    "round": 1,
    "verdict": "go_on",
    "decided": [],
    "why": "round 1 goes on",
    "warnings": [],
    "weights_round": 1,
}


def watched(**columns: Any) -> RoundWatch:
    """A figure that is within its bounds, with these columns otherwise."""
    return RoundWatch(**{**WATCHED, **columns})


def decided(**columns: Any) -> Verdict:
    """A round that goes on, with these columns otherwise."""
    return Verdict(**{**DECIDED, **columns})
