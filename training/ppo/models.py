"""The models of a PPO run: the policy, the critic, and the reference that the policy is held to."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from datasets_registry.errors import BadInput
from generation.request import SamplingParams
from generation.scoring.ensembles import Scale, read_scale
from generation.transformers_local.decoding import end_tokens
from training.ppo.draws import Draws, draw, log_probabilities, side_by_side
from training.running.run import Run
from training.running.trainer import in_bfloat16, load_weights, lora
from training.settings.ppo import PpoSettings


def load_critic(run: Run[PpoSettings], settings: PpoSettings, tokenizer: Any) -> Any:
    """A sequence classifier with one output, to be trained as the policy is: as an adapter or whole.

    Over the base, its head is new and all zeros, so that nothing is worth anything until it is learned (the
    code of Ziegler et al. 2019). Over the first reward model (Ouyang et al. 2022, section 3.5), the head
    says that model's score on the scale and by the weight with which it is paid. Raises BadInput where the
    reward model reads other tokens than the policy writes.
    """
    paid = settings.critic == "reward_model"
    folder = run.registry.folder(run.reward_models[0]) if paid else run.base_folder
    _require_same_tokens(run, folder, tokenizer)
    critic = load_weights(run, folder, "AutoModelForSequenceClassification", num_labels=1)
    critic.score = _head(critic.score, read_scale(folder) if paid else None, settings.rewards.reward_models)
    adapter = lora(run.settings, "SEQ_CLS")
    if adapter is not None:
        from peft import get_peft_model

        critic = get_peft_model(critic, adapter)
    return critic


def _head(score: Any, scale: Scale | None, weight: float) -> torch.nn.Linear:
    """A head with a bias, in float32, since it is trained whole also beside an adapter."""
    head = torch.nn.Linear(score.in_features, 1)
    with torch.no_grad():
        if scale is None:
            head.weight.zero_()
            head.bias.zero_()
        else:
            head.weight.copy_(score.weight * (weight / scale.deviation))
            head.bias.fill_(-scale.mean * weight / scale.deviation)
    return head


def _require_same_tokens(run: Run[PpoSettings], folder: Path, tokenizer: Any) -> None:
    """Raise BadInput unless the model in ``folder`` knows the tokens by the policy's numbers."""
    from transformers import AutoTokenizer

    other = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if other.get_vocab() != tokenizer.get_vocab():
        raise BadInput(
            f"the critic cannot start from the reward model, whose vocabulary is not that of {run.base}: "
            "take critic = 'base', or a reward model of the same family"
        )


def values(critic: Any, draws: Draws) -> torch.Tensor:
    """What is to come in the eyes of ``critic`` before each drawn token (draws × longest completion).

    The value stands at the token before, so the first one is that of the prompt. ``critic`` is a sequence
    classifier with one output, or an adapter on one.
    """
    inner = critic.get_base_model() if hasattr(critic, "get_base_model") else critic
    hidden = inner.base_model(**draws.inputs).last_hidden_state
    found: torch.Tensor = inner.score(hidden[:, draws.begins - 1 : -1])[..., 0].float()
    return found


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


def load_models(run: Run[PpoSettings], settings: PpoSettings, tokenizer: Any) -> Models:
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
