"""Token rows of several lengths as batches for models that read whole texts at once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def batches(rows: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Places of at most ``size`` rows of like length, the longest first."""
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def right_padded(rows: Sequence[Sequence[float]], pad: float, kind: "torch.dtype") -> "torch.Tensor":
    """The rows as one tensor (rows × longest) of dtype ``kind``, ``pad`` after each row's end."""
    import torch

    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows], dtype=kind)


def padded_ids(rows: Sequence[Sequence[int]], pad: int) -> "dict[str, torch.Tensor]":
    """``input_ids`` and ``attention_mask`` (rows × longest); what is padding the mask alone says."""
    import torch

    return {
        "input_ids": right_padded(rows, pad, torch.long),
        "attention_mask": right_padded([[1] * len(row) for row in rows], 0, torch.long),
    }
