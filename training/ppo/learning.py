"""How policy and critic learn from one batch of draws: several passes, in minibatches of micro-batches."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.ppo.draws import Draws
from training.ppo.models import Models
from training.running.callbacks import require_finite
from training.running.run import Run
from training.settings.ppo import PpoSettings


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


MAX_GRADIENT = 1.0


@dataclass(frozen=True)
class Batch:
    """What is known of the draws before the first update; but for ``draws``, all are draws × tokens."""

    draws: Draws
    logps: torch.Tensor
    values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor


class Learner:
    """One model's optimiser and schedule: AdamW, cosine after a warm-up, as the other trainers have it."""

    def __init__(self, model: Any, learning_rate: float, updates: int, warmup_share: float) -> None:
        from transformers import get_scheduler

        self.weights = {name: one for name, one in model.named_parameters() if one.requires_grad}
        self.optimizer = torch.optim.AdamW(self.weights.values(), lr=learning_rate, weight_decay=0.0)
        self.schedule = get_scheduler(
            "cosine",
            self.optimizer,
            num_warmup_steps=math.ceil(updates * warmup_share),
            num_training_steps=updates,
        )

    def clip(self) -> float:
        """Shorten the gathered gradients to MAX_GRADIENT; their length before."""
        return float(torch.nn.utils.clip_grad_norm_(self.weights.values(), MAX_GRADIENT))

    def update(self) -> None:
        """Take one step by the gradients that were gathered."""
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()


class Learning:
    """Policy and critic in the making."""

    def __init__(self, run: Run[PpoSettings], settings: PpoSettings, models: Models, steps: int) -> None:
        self._run, self._settings, self._models = run, settings, models
        updates = steps * settings.num_updates
        rates = settings.learning_rate, settings.critic_learning_rate or settings.learning_rate
        self.policy, self.critic = (
            Learner(model, rate, updates, settings.warmup_share)
            for model, rate in zip((models.policy, models.critic), rates, strict=True)
        )

    def learn(self, batch: Batch, step: int) -> dict[str, float]:
        """All updates of one batch; means of losses and of the clipped share over them."""
        totals: dict[str, float] = defaultdict(float)
        for epoch in range(self._settings.ppo_epochs):
            order = np.random.default_rng([self._settings.seed, step, epoch])
            places = torch.from_numpy(order.permutation(len(batch.logps)))
            for minibatch in places.chunk(self._settings.minibatches):
                for name, value in self._update(batch, minibatch, step).items():
                    totals[name] += value
        return {name: one / self._settings.num_updates for name, one in totals.items()}

    def _update(self, batch: Batch, minibatch: torch.Tensor, step: int) -> dict[str, float]:
        """One update of both by the mean over all tokens of ``minibatch``, however it is cut."""
        settings, models = self._settings, self._models
        num_tokens = batch.draws.rows(minibatch).mask.sum()
        totals = torch.zeros(3, device=models.device)
        for places in torch.split(minibatch, settings.batch_size):
            draws = batch.draws.rows(places)
            loss, clipped = policy_loss(
                models.logps(draws)[0],
                batch.logps[places],
                batch.advantages[places],
                draws.mask,
                settings.clip_range,
            )
            torch.autograd.backward(loss / num_tokens)
            missed = value_loss(
                models.values(draws),
                batch.values[places],
                batch.returns[places],
                draws.mask,
                settings.value_clip_range,
            )
            torch.autograd.backward(missed / num_tokens)
            totals += torch.stack([loss.detach(), missed.detach(), clipped])
        loss, missed, clipped = (totals / num_tokens).tolist()
        norms = self.policy.clip(), self.critic.clip()
        require_finite(self._run, loss + missed + sum(norms), step)
        self.policy.update()
        self.critic.update()
        return {"loss": loss, "value_loss": missed, "clip_fraction": clipped, "grad_norm": norms[0]}
