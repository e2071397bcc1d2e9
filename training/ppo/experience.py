"""What a PPO step learns from: draws for prompts, their scores, and what those make of tokens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from datasets_registry.hashing import digest
from training.online.rewards import Rewarded
from training.online.trainer import alike
from training.ppo.advantages import advantages, explained_variance, token_rewards, whitened
from training.ppo.draws import Draws
from training.ppo.learning import Batch
from training.ppo.models import Models
from training.settings.ppo import PpoSettings

# a row of the dataset, and its prompt as token ids
Asked = tuple[dict[str, Any], list[int]]
# from rows, completions and which of them ended by themselves: what `training.online.rewards` makes of them
Reward = Callable[[Sequence[Mapping[str, Any]], Sequence[str], Sequence[bool]], Rewarded]


def experience(
    models: Models, asked: Sequence[Asked], reward: Reward, settings: PpoSettings, step: int
) -> tuple[Batch, dict[str, float]]:
    """Draw once for each of ``asked``, score the draws, and estimate; with the step's figures.

    `kl` is the mean log-ratio to the reference by token, as TRL has it, and `reward` the mean score less what
    the whole distance costs. A draw that has no score teaches nothing.
    """
    prompts = [ids for _, ids in asked]
    completions = _drawn(models, prompts, settings, step)
    ends = models.ends
    ended = [one[-1] in ends for one in completions]
    texts = models.tokenizer.batch_decode(completions, skip_special_tokens=True)
    found = reward([row for row, _ in asked], texts, ended)
    scored = {place: one for place, one in enumerate(found.rewards) if one is not None}
    scores = [one - (0 if ended[place] else settings.missing_eos_penalty) for place, one in scored.items()]
    draws = models.side_by_side(
        [prompts[place] for place in scored], [completions[place] for place in scored]
    )
    batch, figures = _estimated(models, draws, torch.tensor(scores, device=models.device), settings)
    figures |= {
        "score": sum(scores) / len(scores),
        "completions/mean_length": sum(map(len, completions)) / len(completions),
        "completions/clipped_ratio": 1 - sum(ended) / len(ended),
    }
    if settings.num_draws > 1:
        figures["frac_reward_zero_std"] = alike(found.rewards, settings.num_draws)
    return batch, figures | found.figures


def _drawn(models: Models, prompts: Sequence[list[int]], settings: PpoSettings, step: int) -> list[list[int]]:
    """One completion for each prompt, ``batch_size`` at once; the noise of each is its own."""
    drawn: list[list[int]] = []
    for start in range(0, len(prompts), settings.batch_size):
        some = prompts[start : start + settings.batch_size]
        keys = [digest(["ppo", settings.seed, step, start + place]) for place in range(len(some))]
        drawn += models.draw(some, keys)
    return drawn


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
    """Log-probabilities, entropies, those of the reference, and values; ``size`` draws at once."""
    found = []
    for places in torch.split(torch.arange(len(draws.input_ids)), size):
        some = draws.rows(places)
        found.append((*models.logps(some), models.reference_logps(some), models.values(some)))
    return [torch.cat(parts) for parts in zip(*found, strict=True)]


def _mean(values: torch.Tensor, mask: torch.Tensor) -> float:
    return float((values * mask).sum() / mask.sum())
