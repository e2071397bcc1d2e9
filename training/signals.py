"""Pairs labelled by one signal alone, such as harmlessness, whatever all signals together say."""

from collections.abc import Iterable, Mapping
from typing import Any

from datasets_registry.rows.words import TIE_LOGIT, Signal
from methods.judging.preference import logit


def by_signal(rows: Iterable[Mapping[str, Any]], signal: Signal) -> list[dict[str, Any]]:
    """The pairs that the signal decides, with its label and probability in place of all signals'.

    ``rows`` are labelled pairs, since others name no completions. A signal's own probability is a mean over
    both orders, and does not tell whether they agree: what is left out are pairs on which it is null, or so
    close to one half that it would be a tie.
    """
    return [_labelled(one, one[f"p_{signal}"]) for one in rows if _decides(one[f"p_{signal}"])]


def _decides(p: float | None) -> bool:
    return p is not None and abs(logit(p)) > TIE_LOGIT


def _labelled(row: Mapping[str, Any], p: float) -> dict[str, Any]:
    label = "a" if p > 0.5 else "b"
    chosen, rejected = ("chosen", "rejected") if label == row["label"] else ("rejected", "chosen")
    return {**row, "label": label, "p_a": p, "chosen": row[chosen], "rejected": row[rejected]}
