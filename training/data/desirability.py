"""Completions that are desirable or not, of pairs or of single verdicts, in batches that have both."""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.errors import BadInput, ModelFailed
from training.data.rows import preferred

Example = dict[str, Any]
_WORDS = {True: "desirable", False: "undesirable"}


def judged(rows: Sequence[dict[str, Any]], dataset: object) -> tuple[list[Example], int]:
    """Each completion with its prompt's columns and ``label``, and how many there are with and without one.

    Of a pair the chosen one is desirable and the rejected one is not. A single verdict, such as a row of
    ``candidates``, has ``completion`` and ``accepted``: a draw that failed has no label, nor has one that was
    cut or shown a hint, as in ``verified_pairs``. Raises BadInput for rows of another kind.
    """
    columns = rows[0].keys() if rows else {"chosen", "rejected"}
    if {"chosen", "rejected"} <= columns:
        sides = [(one, name, name == "chosen") for one in preferred(rows) for name in ("chosen", "rejected")]
        return [{**one, "completion": one[name], "label": label} for one, name, label in sides], 2 * len(rows)
    if {"completion", "accepted"} <= columns:
        return [{**one, "label": one["accepted"]} for one in rows if _is_label(one)], len(rows)
    raise BadInput(
        f"{dataset} has neither the columns chosen and rejected nor completion and accepted: KTO learns from "
        "pairs, or from completions with a verdict each, such as candidates"
    )


def _is_label(row: Mapping[str, Any]) -> bool:
    whole = row.get("finish_reason", "stop") == "stop" and not row.get("hinted")
    return whole and row["accepted"] is not None


def in_batches(examples: Sequence[Example], size: int, seed: int) -> list[Example]:
    """``examples`` in an order of which every ``size`` have both labels; one fewer where one would be alone.

    KTO estimates how far the policy is from its reference by each prompt with the completion before it in the
    batch, where the two shall have nothing to do with one another. Completions of one label alone, or of the
    prompt itself, would put the estimate off. So labels take turns by their shares, and neighbours have
    different prompts while others are left. Raises ModelFailed where there are too few of one label.
    """
    sides = _drawn(examples, seed)
    if len(examples) % size == 1:
        max(sides.values(), key=len).pop()
    rarer = min(sides, key=lambda label: len(sides[label]))
    few, total = len(sides[rarer]), sum(map(len, sides.values()))
    _require_both(few, total, size, rarer)
    turns = {(place + 1) * total // few - 1 for place in range(few)}
    ordered: list[Example] = []
    for place in range(total):
        batch = ordered[place - place % size :]
        ends = len(batch) == size - 1 or place == total - 1
        beside = [one["prompt"] for one in (*batch[-1:], *(batch[:1] if ends else ()))]
        ordered.append(_next(sides[rarer if place in turns else not rarer], beside))
    return ordered


def _drawn(examples: Sequence[Example], seed: int) -> dict[bool, deque[Example]]:
    shuffled = list(examples)
    random.Random(seed).shuffle(shuffled)
    return {label: deque(one for one in shuffled if one["label"] is label) for label in (True, False)}


def _require_both(few: int, total: int, size: int, rarer: bool) -> None:
    if not few:
        raise ModelFailed(
            f"none of {total} completions is {_WORDS[rarer]}: KTO learns from both kinds, so add the other, "
            "or train by sft"
        )
    if few * size < total:
        raise ModelFailed(
            f"batches of {size} would have one label alone, since {few} of {total} completions are "
            f"{_WORDS[rarer]}: raise batch_size to at least {-(-total // few)}, or add more of them"
        )


def _next(side: deque[Example], beside: Sequence[Any]) -> Example:
    for place, one in enumerate(side):
        if one["prompt"] not in beside:
            del side[place]
            return one
    return side.popleft()
