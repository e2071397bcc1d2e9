"""PPO's losses, clipped, as sums over the tokens of a micro-batch: who calls divides by the tokens of all."""

import torch
from torch import Tensor


def policy_loss(
    logps: Tensor, old_logps: Tensor, advantages: Tensor, mask: Tensor, clip_range: float
) -> tuple[Tensor, Tensor]:
    """The negative clipped surrogate (Schulman et al. 2017, equation 7), and how many tokens it clipped."""
    ratios = (logps - old_logps).exp()
    free = -advantages * ratios
    clipped = -advantages * ratios.clamp(1 - clip_range, 1 + clip_range)
    return (torch.maximum(free, clipped) * mask).sum(), ((clipped > free) * mask).sum()


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip_range: float
) -> Tensor:
    """Half the squared error, of the value or of one ``clip_range`` from the old value, whichever is larger.

    So a value does not gain by moving further in one step (the code of Ziegler et al. 2019; Huang et al.
    2024, detail 18).
    """
    near = old_values + (values - old_values).clamp(-clip_range, clip_range)
    errors = torch.maximum((values - returns) ** 2, (near - returns) ** 2)
    return 0.5 * (errors * mask).sum()
