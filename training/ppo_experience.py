"""What a PPO step learns from: prompts in their seeded order, draws, scores, and what they make of tokens."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from datasets_registry.hashing import digest
from training.advantages import advantages, explained_variance, token_rewards, whitened
from training.ppo_draws import Draws
from training.ppo_learning import Batch
from training.ppo_models import Models
from training.ppo_settings import PpoSettings

# a row of the dataset, and its prompt as token ids
Asked = tuple[dict[str, Any], list[int]]
Rewards = Callable[[Sequence[dict[str, Any]], Sequence[str]], Sequence[float]]


def prompts_of_step(asked: Sequence[Asked], settings: PpoSettings, step: int) -> list[Asked]:
    """The prompts of ``step`` (from 0), each as often as it is drawn for.

    Every prompt is taken once in an order drawn by the seed, then once in another: where a run is in them
    the step alone says.
    """
    number = settings.rows_per_step
    places = [divmod(one, len(asked)) for one in range(step * number, (step + 1) * number)]
    taken = [asked[_order(settings.seed, epoch, len(asked))[rank]] for epoch, rank in places]
    return [one for one in taken for _ in range(settings.num_draws)]


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, number: int) -> list[int]:
    found: list[int] = np.random.default_rng([seed, epoch]).permutation(number).tolist()
    return found


def experience(
    models: Models, asked: Sequence[Asked], rewards: Rewards, settings: PpoSettings, step: int
) -> tuple[Batch, dict[str, float]]:
    """Draw once for each of ``asked``, score the draws, and estimate; with the step's figures.

    `kl` is the mean log-ratio to the reference by token, as TRL has it, `reward` the mean score less what
    the whole distance costs.
    """
    prompts = [ids for _, ids in asked]
    completions: list[list[int]] = []
    for start in range(0, len(asked), settings.batch_size):
        some = range(start, min(start + settings.batch_size, len(asked)))
        keys = [digest(["ppo", settings.seed, step, place]) for place in some]
        completions += models.draw([prompts[place] for place in some], keys)
    ended = [one[-1] in models.ends for one in completions]
    texts = models.tokenizer.batch_decode(completions, skip_special_tokens=True)
    given = rewards([row for row, _ in asked], texts)
    penalties = [0.0 if one else settings.missing_eos_penalty for one in ended]
    scores = torch.tensor(given, device=models.device) - torch.tensor(penalties, device=models.device)
    draws = models.side_by_side(prompts, completions)
    batch, figures = _estimated(models, draws, scores, settings)
    figures |= {
        "score": float(scores.mean()),
        "completions/mean_length": sum(map(len, completions)) / len(completions),
        "completions/clipped_ratio": 1 - sum(ended) / len(ended),
    }
    return batch, figures


def _estimated(
    models: Models, draws: Draws, scores: torch.Tensor, settings: PpoSettings
) -> tuple[Batch, dict[str, float]]:
    logps, entropies, before, values = _looked_at(models, draws, settings.batch_size)
    mask = draws.mask
    rewards = token_rewards(scores, logps - before, mask, settings.beta)
    gained = advantages(rewards, values, mask, settings.gae_lambda)
    returns = gained + values
    figures = {
        "reward": float(rewards.sum(1).mean()),
        "kl": _mean(logps - before, mask),
        "entropy": _mean(entropies, mask),
        "explained_variance": explained_variance(values, returns, mask),
    }
    return Batch(draws, logps, values, whitened(gained, mask), returns), figures


@torch.no_grad()
def _looked_at(models: Models, draws: Draws, size: int) -> list[torch.Tensor]:
    """Log-probabilities, entropies, log-probabilities of the reference, and values; ``size`` draws at once."""
    found = []
    for places in torch.arange(len(draws.input_ids)).split(size):
        some = draws.rows(places)
        found.append((*models.logps(some), models.reference_logps(some), models.values(some)))
    return [torch.cat(parts) for parts in zip(*found, strict=True)]


def _mean(values: torch.Tensor, mask: torch.Tensor) -> float:
    return float((values * mask).sum() / mask.sum())
