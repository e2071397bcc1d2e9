"""Labelled solutions as examples for token classification: one target at the end of each labelled step."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict

from datasets_registry.errors import BadInput
from datasets_registry.rows.prm import biases_shares
from generation.scoring.padding import padded_ids, right_padded
from generation.scoring.steps import StepTokens
from training.data.rows import PromptRow
from training.settings.process_reward_model import ProcessRewardSettings

if TYPE_CHECKING:
    import torch


class StepRow(PromptRow):
    """A solution in steps, each with a label where it has one; those from rollouts also imply others."""

    completions: list[str]
    separator: str
    labels: list[bool | None]
    implied: NotRequired[list[bool | None]]
    soft: NotRequired[list[float | None]]
    method: NotRequired[str]


class StepExample(TypedDict):
    """Token ids, and for each token a target and whether it counts."""

    input_ids: list[int]
    targets: list[float]
    counts: list[bool]


def step_targets(row: StepRow, settings: ProcessRewardSettings) -> list[float | None]:
    """P(right) to learn per step: 1, 0, or the accepted share of its rollouts; None where there is none.

    A label that others imply is 1 or 0 even among soft ones, as nothing was measured there.
    """
    measured: Sequence[float | None] = row["soft"] if settings.target == "soft" else row["labels"]
    return [
        _target(label, implied if settings.use_implied else None)
        for label, implied in zip(measured, row.get("implied") or [None] * len(measured), strict=True)
    ]


def _target(measured: float | None, implied: bool | None) -> float | None:
    label = implied if measured is None else measured
    return None if label is None else float(label)


def require_shares(rows: Sequence[StepRow], settings: ProcessRewardSettings) -> None:
    """Raise BadInput where soft targets are wanted of rows whose shares are biased by their rule."""
    if settings.target != "soft":
        return
    biased = [row["method"] for row in rows if biases_shares(row.get("method", ""))]
    if biased:
        raise BadInput(
            f"target 'soft' learns shares of rollouts, and the rule {biased[0]!r} biases those of "
            f"{len(biased)} of {len(rows)} rows: label with early_stop 'none' and confirm 0, or take 'hard'"
        )


def step_example(tokens: StepTokens, targets: Sequence[float | None]) -> StepExample:
    """The tokens with targets at the ends of labelled steps; no other token counts.

    Targets are floats and the mask is apart, so that no sign for `ignore` can turn into a label.
    """
    at = {end: target for end, target in zip(tokens.ends, targets, strict=True) if target is not None}
    positions = range(len(tokens.ids))
    return {
        "input_ids": tokens.ids,
        "targets": [at.get(position, 0.0) for position in positions],
        "counts": [position in at for position in positions],
    }


class StepCollator:
    """Pads a batch of examples on the right; padding never counts."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, examples: Sequence[StepExample]) -> "dict[str, torch.Tensor]":
        """``input_ids``, ``attention_mask``, ``targets`` and ``counts``, each rows × longest."""
        import torch

        return {
            **padded_ids([example["input_ids"] for example in examples], self._pad),
            "targets": right_padded([example["targets"] for example in examples], 0.0, torch.float32),
            "counts": right_padded([example["counts"] for example in examples], False, torch.bool),
        }


def step_loss(logits: "torch.Tensor", targets: "torch.Tensor", counts: "torch.Tensor") -> "torch.Tensor":
    """The mean over counted tokens of the cross-entropy between (1 - p, p) and the two labels."""
    scores = logits.float()[counts].log_softmax(-1)
    right = targets[counts]
    return -(right * scores[:, 1] + (1 - right) * scores[:, 0]).mean()
