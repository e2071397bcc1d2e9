"""Drawing tokens with noise that belongs to the request, so that batch-mates change nothing."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import pad

from generation.request import SamplingParams

_STEPS = 64
_BLOCK = 256
_CANDIDATES = 1024


def uniforms(key: str, start: int, number: int) -> np.ndarray:
    """Numbers in [0, 1) for the steps from ``start``; each depends on the key and its step alone (Philox)."""
    philox = np.random.Philox(key=int(key[:32], 16), counter=start)
    # a step of the counter gives four words, of which the first is taken
    return (philox.random_raw(4 * number)[::4] >> np.uint64(11)) * 2.0**-53


class Sampler:
    """Draws one token a step for each row of a batch."""

    def __init__(self, params: Sequence[SamplingParams], keys: Sequence[str], device: torch.device) -> None:
        self._keys = list(keys)
        self._temperatures = torch.tensor([row.temperature for row in params], device=device)
        self._top_ps = torch.tensor([row.top_p for row in params], device=device)
        self._noise = torch.empty(0)
        self._noise_start = -_STEPS
        self._describe()

    def _describe(self) -> None:
        self._greedy = self._temperatures == 0
        self._all_greedy, self._any_greedy = bool(self._greedy.all()), bool(self._greedy.any())
        self._cuts = bool((self._top_ps < 1).any())

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows alone."""
        self._keys = [self._keys[row] for row in rows]
        self._temperatures, self._top_ps = self._temperatures[rows], self._top_ps[rows]
        self._noise = self._noise[rows] if len(self._noise) else self._noise
        self._describe()

    def draw(self, logits: torch.Tensor, step: int) -> torch.Tensor:
        """One token id per row of ``logits`` (rows × vocabulary), by inverting the row's distribution."""
        if self._all_greedy:
            return logits.argmax(-1)
        divisors = self._temperatures.masked_fill(self._greedy, 1.0)[:, None]
        scaled = logits.float() / divisors
        if self._cuts:
            scaled = _nucleus(scaled, self._top_ps[:, None])
        weights = scaled.sub_(scaled.amax(-1, keepdim=True)).exp_()
        drawn = _inverted(weights, self._noise_of(step).to(logits.device))
        return torch.where(self._greedy, logits.argmax(-1), drawn) if self._any_greedy else drawn

    def _noise_of(self, step: int) -> torch.Tensor:
        if not self._noise_start <= step < self._noise_start + _STEPS:
            self._noise_start = step
            self._noise = torch.from_numpy(np.stack([uniforms(key, step, _STEPS) for key in self._keys]))
        return self._noise[:, step - self._noise_start]


def _inverted(weights: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """The token at which the running sum of each row passes ``noise`` of its total.

    Sums of blocks come first and then one block's own, so that no running sum of a whole
    vocabulary is written. A token of weight zero is never drawn.
    """
    missing = -weights.shape[-1] % _BLOCK
    blocks = (pad(weights, (0, missing)) if missing else weights).view(len(weights), -1, _BLOCK)
    ends = blocks.sum(-1).double().cumsum(-1)
    block, part = _passed(ends, noise)
    inside = blocks[torch.arange(len(blocks), device=blocks.device), block].double().cumsum(-1)
    return block * _BLOCK + _passed(inside, part)[0]


def _passed(ends: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each row of running sums passes ``noise`` of its total, and how far into that position."""
    total = ends[:, -1]
    target = torch.minimum(noise * total, torch.nextafter(total, torch.zeros_like(total)))[:, None]
    position = torch.searchsorted(ends, target, right=True)
    start = torch.where(position > 0, ends.gather(-1, (position - 1).clamp(min=0)), 0)
    width = ends.gather(-1, position) - start
    return position[:, 0], ((target - start) / width)[:, 0]


def _nucleus(scaled: torch.Tensor, limit: torch.Tensor) -> torch.Tensor:
    """Minus infinity for all but the fewest tokens whose probability reaches ``limit`` (Holtzman 2020).

    A whole vocabulary is sorted only where its most probable thousand do not reach the limit.
    """
    norm = scaled.logsumexp(-1, keepdim=True)
    for number in (min(_CANDIDATES, scaled.shape[-1]), scaled.shape[-1]):
        top, positions = scaled.topk(number, dim=-1)
        probabilities = (top - norm).exp()
        reached = probabilities.cumsum(-1)
        if bool((reached[:, -1:] >= limit).all()):
            break
    outside = (reached - probabilities) >= limit
    outside[:, 0] = False
    return torch.full_like(scaled, -torch.inf).scatter_(-1, positions, top.masked_fill(outside, -torch.inf))
