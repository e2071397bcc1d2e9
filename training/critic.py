"""The critic: a model with a scalar head that says what a draw is worth before each of its tokens."""

from pathlib import Path
from typing import Any

import torch

from datasets_registry.errors import BadInput
from training.ppo_draws import Draws
from training.run import Run
from training.trainer import load_weights, lora


def load_critic(run: Run, start: Path, tokenizer: Any) -> Any:
    """The model in ``start`` with a head of one output, to be trained as the policy is: adapter or whole.

    A base gets a new head of zeros, so that nothing is worth anything until it is learned (the code of
    Ziegler et al. 2019). A reward model keeps its own (Ouyang et al. 2022, section 3.5); raises BadInput
    where it reads other tokens than the policy writes.
    """
    require_same_tokens(run, start, tokenizer)
    critic = load_weights(run, start, "AutoModelForSequenceClassification", num_labels=1)
    if start == run.base_folder:
        torch.nn.init.zeros_(critic.score.weight)
    adapter = lora(run.settings, "SEQ_CLS")
    if adapter is not None:
        from peft import get_peft_model

        critic = get_peft_model(critic, adapter)
    return critic


def require_same_tokens(run: Run, start: Path, tokenizer: Any) -> None:
    """Raise BadInput unless the model in ``start`` knows the tokens by the policy's numbers."""
    from transformers import AutoTokenizer

    other = AutoTokenizer.from_pretrained(start, local_files_only=True)
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
