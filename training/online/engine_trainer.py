"""TRL's online trainers with samples of an engine in place of their own generation."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from generation.vllm_offline.job import Drawn
from training.online.sampler import DIFFERENCE, EngineSampler, logp_difference, sample_keys
from training.running.protocols import MakeTrainer

if TYPE_CHECKING:
    import torch


def sampled_by(sampler: EngineSampler, kind: MakeTrainer, *, corrects: bool) -> MakeTrainer:
    """TRL's trainer class ``kind``, which takes its samples from ``sampler``.

    With ``corrects`` it takes the engine's log-probabilities too, and weighs each sample by the ratio of its
    own probability to the engine's; one more than three times as probable is left out (TRL's
    `sequence_mask`). The old policy's log-probabilities are the trainer's own in either case.
    """

    class Sampled(kind):  # type: ignore[misc, valid-type]
        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            self._drawn: Sequence[Drawn] = ()
            # from here on it says no more than that samples come with log-probabilities
            self.use_vllm = corrects

        def _generate_single_turn(self, prompt_ids: list[list[int]], *_: object, **__: object) -> object:
            step = int(self.state.global_step)
            keys = sample_keys(sampler.run, step, len(prompt_ids))
            policy = self.accelerator.unwrap_model(self.model)
            self._drawn = sampler.draw(policy, prompt_ids, keys, step)
            ids = [list(sample.tokens) for sample in self._drawn]
            return (ids, [list(sample.logps) for sample in self._drawn]) if corrects else ids

        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> "dict[str, torch.Tensor]":
            scored: dict[str, torch.Tensor] = super()._generate_and_score_completions(inputs)
            trained = trained_logps(scored).tolist()
            difference = logp_difference(list(zip(trained, self._drawn, strict=True)))
            self._metrics["train"][DIFFERENCE].append(difference)
            return scored

    return Sampled


def trained_logps(scored: "Mapping[str, torch.Tensor]") -> "torch.Tensor":
    """The trainer's log-probability of each sample, as RLOO has it or by GRPO's tokens."""
    if "old_logps" in scored:
        return scored["old_logps"]
    return (scored["old_per_token_logps"] * scored["completion_mask"]).sum(1)
