"""The models of a PPO run: the policy, the critic, and the reference that the policy is held to."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from generation.request import SamplingParams
from generation.transformers_local.decoding import end_tokens
from training.critic import load_critic, values
from training.ppo_draws import Draws, draw, log_probabilities, side_by_side
from training.ppo_settings import PpoSettings
from training.run import Run
from training.trainer import in_bfloat16, load_weights, lora


@dataclass
class Models:
    """``frozen`` is the base once more where all weights are trained; else the adapter is switched off.

    No model is ever in training mode: dropout would make the policy another one at each look (Huang et al.
    2024, detail 12).
    """

    policy: Any
    critic: Any
    frozen: Any | None
    tokenizer: Any
    params: SamplingParams
    bfloat16: bool

    @property
    def device(self) -> Any:
        """Where all of them are."""
        return self.policy.device

    @property
    def ends(self) -> set[int]:
        """The tokens that end a draw."""
        return end_tokens(self.policy, self.tokenizer)

    def draw(self, prompts: Sequence[list[int]], keys: Sequence[str]) -> list[list[int]]:
        """One completion of the policy for each prompt."""
        with self._precision():
            return draw(self.policy, prompts, self.params, keys, self.ends)

    def side_by_side(self, prompts: Sequence[list[int]], completions: Sequence[list[int]]) -> Draws:
        """The draws as one batch."""
        return side_by_side(prompts, completions, self.tokenizer.pad_token_id, self.device)

    def logps(self, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities by the policy, and its entropies."""
        with self._precision():
            return log_probabilities(self.policy, draws, self.params.temperature)

    def reference_logps(self, draws: Draws) -> torch.Tensor:
        """Log-probabilities by the reference."""
        switched: AbstractContextManager[Any] = (
            nullcontext() if self.frozen else self.policy.disable_adapter()
        )
        with self._precision(), switched:
            return log_probabilities(self.frozen or self.policy, draws, self.params.temperature)[0]

    def values(self, draws: Draws) -> torch.Tensor:
        """What is to come before each token, by the critic."""
        with self._precision():
            return values(self.critic, draws)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


def load_models(run: Run, settings: PpoSettings, tokenizer: Any) -> Models:
    """All of them, from the base; the critic from the first reward model where the settings say so."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    policy, adapter = load_weights(run, run.base_folder, "AutoModelForCausalLM"), lora(settings)
    if adapter is not None:
        from peft import get_peft_model

        policy = get_peft_model(policy, adapter)
    frozen = None if adapter else load_weights(run, run.base_folder, "AutoModelForCausalLM")
    critic = load_critic(run, settings, tokenizer)
    params = SamplingParams(temperature=settings.temperature, max_tokens=settings.max_completion_length)
    for one in (policy, critic, frozen):
        if one is not None:
            one.to(device).eval()
    return Models(policy, critic, frozen, tokenizer, params, in_bfloat16(settings))
