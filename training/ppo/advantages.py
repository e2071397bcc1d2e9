"""Rewards of tokens, generalised advantages and their whitening, as tensor functions.

All tensors are samples × tokens. ``mask`` is 1 at each sample's own tokens, the one that ends it included,
and 0 behind them, where nothing counts: padding may be the token that ends a turn.
"""

import torch
from torch import Tensor


def token_rewards(scores: Tensor, log_ratios: Tensor, mask: Tensor, beta: float) -> Tensor:
    """``-beta`` times the log-ratio to the reference at each token, and the sample's score at its last one.

    Ziegler et al. 2019, equation 2, by token as in Ouyang et al. 2022, section 3.5.
    """
    rewards = -beta * log_ratios * mask
    last = mask.sum(1).long() - 1
    rewards[torch.arange(len(rewards), device=rewards.device), last] += scores
    return rewards


def advantages(rewards: Tensor, values: Tensor, mask: Tensor, gae_lambda: float) -> Tensor:
    """Generalised advantage estimates (Schulman et al. 2016, equation 16), without discount.

    Values are 0 behind a sample's last token, also where the sample was cut there.
    """
    rewards, values = rewards * mask, values * mask
    following = torch.zeros_like(values[:, 0])
    estimates = []
    for position in reversed(range(values.shape[1])):
        after = values[:, position + 1] if position + 1 < values.shape[1] else torch.zeros_like(following)
        following = rewards[:, position] + after - values[:, position] + gae_lambda * following
        estimates.append(following)
    return torch.stack(estimates[::-1], dim=1) * mask


def whitened(values: Tensor, mask: Tensor) -> Tensor:
    """``values`` with mean 0 and variance 1 over the mask, and 0 outside it."""
    mean = _mean(values, mask)
    variance = _mean((values - mean) ** 2, mask)
    return (values - mean) * (variance + 1e-8).rsqrt() * mask


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """1 less the variance of the errors of ``values`` over that of ``returns``; 0 where those are equal."""
    errors = returns - values
    total = _mean((returns - _mean(returns, mask)) ** 2, mask)
    left = _mean((errors - _mean(errors, mask)) ** 2, mask)
    return float(1 - left / total) if total > 1e-12 else 0.0


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum()
