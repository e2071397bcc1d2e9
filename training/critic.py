"""The critic: a model with a scalar head that says what a draw is worth before each of its tokens."""

from typing import Any

import torch

from training.ppo_draws import Draws


def values(critic: Any, draws: Draws) -> torch.Tensor:
    """What is to come in the eyes of ``critic`` before each drawn token (draws × longest completion).

    The value stands at the token before, so the first one is that of the prompt. ``critic`` is a sequence
    classifier with one output, or an adapter on one.
    """
    inner = critic.get_base_model() if hasattr(critic, "get_base_model") else critic
    hidden = inner.base_model(**draws.inputs).last_hidden_state
    found: torch.Tensor = inner.score(hidden[:, draws.begins - 1 : -1])[..., 0].float()
    return found
