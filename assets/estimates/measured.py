"""The shares of a card's peak that `make check-gpu` measured here, in place of a profile's stated ones."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assets.profile.launch import Card

FILE = Path("gpu-check") / "gpu-check.json"
# field of the card: part of the check and its figure
_FIGURES: Mapping[str, tuple[str, str]] = {
    # hours count that activations are made again, which MFU leaves out
    "training_share": ("sft", "share of the peak in training, activations made again"),
    "prefill_share": ("vllm", "MFU of prefill"),
    "start_seconds": ("vllm", "start of the engine"),
}


def measured(card: Card, root: Path) -> tuple[Card, tuple[str, ...]]:
    """``card`` with what was measured on one in the state at ``root``, and the fields that were."""
    try:
        report = json.loads((root / FILE).read_text(encoding="utf-8"))
        on_a_card = bool(report["machine"]["cards"])
        found = dict(_measured(report)) if on_a_card else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # not checked here, or by another release
        return card, ()
    return card.model_copy(update=found), tuple(found)


def _measured(report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    figures = {
        (part["part"], figure["name"]): figure["value"]
        for part in report["parts"]
        for figure in part["figures"]
    }
    for field, place in _FIGURES.items():
        value = figures.get(place)
        # a share of a real card's peak: anything else is a figure of another meaning
        if isinstance(value, int | float) and (field == "start_seconds" or 0.01 < value < 1):
            yield field, float(value)
