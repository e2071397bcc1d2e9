"""The rows that a reward model is measured on: whole groups of problems, kept from training."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.hashing import ranked


def held_out_groups(rows: Sequence[Mapping[str, Any]], share: float, seed: int) -> set[str]:
    """About ``share`` of the rows' split groups, drawn by ``seed``; at least one of several groups.

    Never all of them, and none where ``share`` is 0. More rows leave the drawn order of the rest alone.
    """
    groups = ranked(sorted({one["split_group"] for one in rows}), "held out", seed)
    wanted = 0 if share == 0 else max(1, round(share * len(groups)))
    return set(groups[: min(wanted, len(groups) - 1)]) if groups else set()


def parted(
    rows: Sequence[dict[str, Any]], share: float, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows to train on, and the rows held out."""
    groups = held_out_groups(rows, share, seed)
    return (
        [one for one in rows if one["split_group"] not in groups],
        [one for one in rows if one["split_group"] in groups],
    )
