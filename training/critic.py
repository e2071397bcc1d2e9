"""The critic: a model with a scalar head that says what a draw is worth before each of its tokens."""

from pathlib import Path
from typing import Any

import torch

from datasets_registry.errors import BadInput
from generation.scoring.ensembles import Scale, read_scale
from training.ppo_draws import Draws
from training.ppo_settings import PpoSettings
from training.run import Run
from training.trainer import load_weights, lora


def load_critic(run: Run, settings: PpoSettings, tokenizer: Any) -> Any:
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


def _require_same_tokens(run: Run, folder: Path, tokenizer: Any) -> None:
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
