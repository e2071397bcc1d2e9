"""Labelled solutions as examples for token classification: one target at the end of each labelled step."""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.scoring.padding import padded_ids, right_padded
from generation.scoring.steps import StepTokens
from training.settings.process_reward_model import ProcessRewardSettings

Example = dict[str, list[Any]]


def targets(row: Mapping[str, Any], settings: ProcessRewardSettings) -> list[float | None]:
    """P(right) to learn per step: 1, 0, or the accepted share of its rollouts; None where there is none.

    A label that others imply is 1 or 0 even among soft ones, as nothing was measured there.
    """
    measured = row["soft"] if settings.target == "soft" else row["labels"]
    return [
        _target(one, implied if settings.use_implied else None)
        for one, implied in zip(measured, row["implied"], strict=True)
    ]


def _target(measured: float | bool | None, implied: bool | None) -> float | None:
    found = implied if measured is None else measured
    return None if found is None else float(found)


def example(tokens: StepTokens, wanted: Sequence[float | None]) -> Example:
    """Token ids, and for each token a target and whether it counts: at the ends of labelled steps alone.

    Targets are floats and the mask is apart, so that no sign for `ignore` can turn into a label.
    """
    at = {end: one for end, one in zip(tokens.ends, wanted, strict=True) if one is not None}
    places = range(len(tokens.ids))
    return {
        "input_ids": tokens.ids,
        "targets": [at.get(place, 0.0) for place in places],
        "counts": [place in at for place in places],
    }


class StepCollator:
    """Pads a batch of examples on the right; padding never counts."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        """``input_ids``, ``attention_mask``, ``targets`` and ``counts``, each rows × longest."""
        import torch

        return {
            **padded_ids([one["input_ids"] for one in examples], self._pad),
            "targets": right_padded([one["targets"] for one in examples], 0.0, torch.float32),
            "counts": right_padded([one["counts"] for one in examples], False, torch.bool),
        }


def step_loss(logits: Any, targets: Any, counts: Any) -> Any:
    """The mean over counted tokens of the cross-entropy between (1 - p, p) and the two labels."""
    scores = logits.float()[counts].log_softmax(-1)
    right = targets[counts]
    return -(right * scores[:, 1] + (1 - right) * scores[:, 0]).mean()
