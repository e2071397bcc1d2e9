"""The schedule of a run: how many steps the optimiser takes, and the rate of each."""

import math
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Schedule:
    """``steps`` of the optimiser: a linear warm-up over a share of them, then a cosine to zero.

    As transformers has it: the first step of a warm-up is taken at rate 0.
    """

    steps: int
    learning_rate: float
    warmup_share: float

    @property
    def warmup_steps(self) -> int:
        """Steps of the warm-up."""
        return math.ceil(self.steps * self.warmup_share)

    @cached_property
    def rates(self) -> list[float]:
        """The rate of each step."""
        return [self.learning_rate * self._share(step) for step in range(self.steps)]

    @property
    def sum_of_rates(self) -> float:
        """About how far a weight can go: Adam moves each by no more than the rate, in most steps."""
        return math.fsum(self.rates)

    def _share(self, step: int) -> float:
        if step < self.warmup_steps:
            return step / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return max(0.0, 0.5 * (1 + math.cos(math.pi * progress)))
