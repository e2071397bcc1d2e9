"""TRL's online trainers, with their samples kept as soon as the advantages are known."""

from typing import TYPE_CHECKING, Any

from training.online.recording import Recorder
from training.running.protocols import MakeTrainer

if TYPE_CHECKING:
    import torch


def recorded_by(recorder: Recorder, kind: MakeTrainer) -> MakeTrainer:
    """TRL's trainer class ``kind``, whose reward function shows ``recorder`` the samples of each step."""

    class Recorded(kind):  # type: ignore[misc, valid-type]
        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> "dict[str, torch.Tensor]":
            scored: dict[str, torch.Tensor] = super()._generate_and_score_completions(inputs)
            recorder.learns(int(self.state.global_step) + 1, scored["advantages"].tolist())
            return scored

    return Recorded
