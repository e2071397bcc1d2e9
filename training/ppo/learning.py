"""How policy and critic learn from one batch of samples: several passes, in minibatches of micro-batches."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.ppo.models import Models
from training.ppo.samples import Samples
from training.running.callbacks import require_finite
from training.running.protocols import TrainableModel
from training.running.run import Run
from training.settings.ppo import PpoSettings

MAX_GRADIENT = 1.0


@dataclass(frozen=True)
class Batch:
    """The samples and their estimates before the first update; all but ``samples`` are samples × tokens."""

    samples: Samples
    logps: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor


class Learner:
    """One model's optimiser and schedule: AdamW, cosine after a warm-up, as the other trainers have it."""

    def __init__(
        self, model: TrainableModel, learning_rate: float, updates: int, warmup_share: float
    ) -> None:
        from transformers import get_scheduler

        self.weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        # fused on a GPU, where its other ways have copies of all weights
        self.optimizer = torch.optim.AdamW(
            self.weights.values(),
            lr=learning_rate,
            weight_decay=0.0,
            fused=model.device.type == "cuda" or None,
        )
        self.schedule: torch.optim.lr_scheduler.LambdaLR = get_scheduler(
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
    """Policy and critic, and how both are updated."""

    def __init__(self, run: Run[PpoSettings], models: Models, iterations: int) -> None:
        self._run, self._settings, self._models = run, run.settings, models
        updates = iterations * run.settings.num_updates
        rate = run.settings.learning_rate
        critic_rate = run.settings.critic_learning_rate or rate
        self.policy = Learner(models.policy, rate, updates, run.settings.warmup_share)
        self.critic = Learner(models.critic, critic_rate, updates, run.settings.warmup_share)

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        """Make all updates of one batch; means of losses and of the clipped share over them.

        Raises ModelFailed where the loss is NaN.
        """
        totals: dict[str, float] = defaultdict(float)
        for epoch in range(self._settings.ppo_epochs):
            order = np.random.default_rng([self._settings.seed, iteration, epoch])
            indices = torch.from_numpy(order.permutation(len(batch.logps)))
            for minibatch in indices.chunk(self._settings.minibatches):
                with self._models.learning():
                    updated = self._update(batch, minibatch, iteration)
                for name, value in updated.items():
                    totals[name] += value
        return {name: total / self._settings.num_updates for name, total in totals.items()}

    def _update(self, batch: Batch, minibatch: Tensor, iteration: int) -> dict[str, float]:
        """One update of both by the mean over all tokens of ``minibatch``, however it is cut."""
        settings, models = self._settings, self._models
        num_tokens = batch.samples.rows(minibatch).mask.sum()
        totals = torch.zeros(3, device=models.device)
        for indices in torch.split(minibatch, models.size):
            samples = batch.samples.rows(indices)
            loss, clipped = policy_loss(
                models.logps(samples)[0],
                batch.logps[indices],
                batch.advantages[indices],
                samples.mask,
                settings.clip_range,
            )
            torch.autograd.backward(loss / num_tokens)
            critic_loss = value_loss(
                models.values(samples),
                batch.values[indices],
                batch.returns[indices],
                samples.mask,
                settings.value_clip_range,
            )
            torch.autograd.backward(critic_loss / num_tokens)
            totals += torch.stack([loss.detach(), critic_loss.detach(), clipped])
        loss, critic_loss, clipped = (totals / num_tokens).tolist()
        norms = self.policy.clip(), self.critic.clip()
        require_finite(self._run, loss + critic_loss + sum(norms), iteration)
        self.policy.update()
        self.critic.update()
        return {"loss": loss, "value_loss": critic_loss, "clip_fraction": clipped, "grad_norm": norms[0]}


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

    So a value does not gain by moving further in one iteration (the code of Ziegler et al. 2019; Huang et al.
    2024, detail 18).
    """
    near = old_values + (values - old_values).clamp(-clip_range, clip_range)
    errors = torch.maximum((values - returns) ** 2, (near - returns) ** 2)
    return 0.5 * (errors * mask).sum()
