"""Drawing tokens with noise that belongs to the request, so that batch-mates change nothing."""

from collections.abc import Sequence

import numpy as np
import torch

from generation.request import SamplingParams


def uniform(key: str, step: int) -> float:
    """A number in [0, 1) that depends on the request's key and the step alone (Philox)."""
    philox = np.random.Philox(key=int(key[:32], 16), counter=step)
    return float(philox.random_raw() >> 11) * 2.0**-53


def draw_tokens(
    logits: torch.Tensor, params: Sequence[SamplingParams], keys: Sequence[str], step: int
) -> torch.Tensor:
    """One token id per row of ``logits`` (rows × vocabulary), by inverting the row's distribution."""
    temperatures = torch.tensor([one.temperature for one in params], device=logits.device)
    greedy = logits.argmax(-1)
    if not bool(temperatures.any()):
        return greedy
    scaled = logits.float() / temperatures.clamp(min=1e-6)[:, None]
    probabilities = _nucleus(scaled.softmax(-1), [one.top_p for one in params])
    cumulative = probabilities.double().cumsum(-1)
    noise = torch.tensor([uniform(key, step) for key in keys], dtype=torch.double, device=logits.device)
    drawn = torch.searchsorted(cumulative, (noise * cumulative[:, -1])[:, None], right=True)[:, 0]
    drawn = drawn.clamp(max=logits.shape[-1] - 1)
    return torch.where(temperatures > 0, drawn, greedy)


def _nucleus(probabilities: torch.Tensor, top_ps: Sequence[float]) -> torch.Tensor:
    """Zero all but the smallest set of tokens whose probability reaches ``top_p`` (Holtzman 2020)."""
    if all(one >= 1 for one in top_ps):
        return probabilities
    ordered, order = probabilities.sort(-1, descending=True)
    limit = torch.tensor(top_ps, device=probabilities.device)[:, None]
    outside = (ordered.cumsum(-1) - ordered) >= limit
    return probabilities.scatter(-1, order, ordered.masked_fill(outside, 0))
