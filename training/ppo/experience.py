"""What a PPO iteration learns from: samples, their scores, and the advantages of their tokens."""

from collections.abc import Callable, Sequence

import torch

from datasets_registry.hashing import digest
from generation.vllm_offline.job import Drawn
from training.data.prompts import OnlineRow
from training.online.recording import Recorder, Sampled
from training.online.rewards import Rewarded
from training.online.sampler import DIFFERENCE, logp_difference
from training.online.trainer import alike
from training.ppo.advantages import advantages, explained_variance, token_rewards, whitened
from training.ppo.learning import Batch
from training.ppo.models import Models
from training.ppo.samples import Samples
from training.settings.ppo import PpoSettings

# a row of the dataset, and its prompt as token ids
Prompt = tuple[OnlineRow, list[int]]
# from rows, completions and which of them ended by themselves: what `training.online.rewards` makes of them
Reward = Callable[[Sequence[OnlineRow], Sequence[str], Sequence[bool]], Rewarded]


def experience(
    models: Models,
    prompts: Sequence[Prompt],
    reward: Reward,
    settings: PpoSettings,
    iteration: int,
    recorder: Recorder | None = None,
) -> tuple[Batch, dict[str, float]]:
    """Sample once for each of ``prompts``, score the samples, and estimate; with the iteration's figures.

    `kl` is the mean log-ratio to the reference by token, as TRL has it, and `reward` the mean score less what
    the whole distance costs. A sample that has no score teaches nothing.
    """
    ids = [prompt for _, prompt in prompts]
    keys = [digest(["ppo", settings.seed, iteration, index]) for index in range(len(ids))]
    completions, drawn = models.sample(ids, keys, iteration)
    ends = models.ends
    ended = [completion[-1] in ends for completion in completions]
    texts = models.tokenizer.batch_decode(completions, skip_special_tokens=True)
    rows = [row for row, _ in prompts]
    rewarded = reward(rows, texts, ended)
    scored = {index: score for index, score in enumerate(rewarded.rewards) if score is not None}
    scores = [
        score - (0 if ended[index] else settings.missing_eos_penalty) for index, score in scored.items()
    ]
    samples = models.side_by_side([ids[index] for index in scored], [completions[index] for index in scored])
    batch, figures = _estimated(models, samples, torch.tensor(scores, device=models.device), settings)
    if recorder is not None:
        recorder.saw(list(map(Sampled, rows, texts, ended, map(len, completions))), rewarded)
        means = dict(zip(scored, _by_sample(batch), strict=True))
        recorder.learns(iteration + 1, [means.get(index) for index in range(len(rows))])
    if drawn:
        figures[DIFFERENCE] = _difference(batch, [drawn[index] for index in scored])
    figures |= {
        "score": sum(scores) / len(scores),
        "completions/mean_length": sum(map(len, completions)) / len(completions),
        "completions/clipped_ratio": 1 - sum(ended) / len(ended),
    }
    if settings.num_draws > 1:
        figures["frac_reward_zero_std"] = alike(rewarded.rewards, settings.num_draws)
    return batch, figures | rewarded.figures


def _by_sample(batch: Batch) -> list[float]:
    """The mean advantage of each sample's tokens."""
    mask = batch.samples.mask
    means: list[float] = ((batch.advantages * mask).sum(1) / mask.sum(1)).tolist()
    return means


def _difference(batch: Batch, drawn: Sequence[Drawn]) -> float:
    """How far the policy's log-probabilities are from those of the engine that sampled."""
    trained = (batch.logps * batch.samples.mask).sum(1)
    return logp_difference(list(zip(trained.tolist(), drawn, strict=True)))


def _estimated(
    models: Models, samples: Samples, scores: torch.Tensor, settings: PpoSettings
) -> tuple[Batch, dict[str, float]]:
    logps, entropies, reference, values = _estimates(models, samples)
    mask = samples.mask
    rewards = token_rewards(scores, logps - reference, mask, settings.beta)
    gains = advantages(rewards, values, mask, settings.gae_lambda)
    returns = gains + values
    figures = {
        "reward": float(rewards.sum(1).mean()),
        "kl": _mean(logps - reference, mask),
        "entropy": _mean(entropies, mask),
        "explained_variance": explained_variance(values, returns, mask),
    }
    return Batch(samples, logps, values, whitened(gains, mask), returns), figures


@torch.no_grad()
def _estimates(models: Models, samples: Samples) -> list[torch.Tensor]:
    """Log-probabilities, entropies, those of the reference, and values; a micro-batch at once."""
    parts = []
    for indices in torch.split(torch.arange(len(samples.input_ids)), models.size):
        some = samples.rows(indices)
        parts.append((*models.logps(some), models.reference_logps(some), models.values(some)))
    return [torch.cat(tensors) for tensors in zip(*parts, strict=True)]


def _mean(values: torch.Tensor, mask: torch.Tensor) -> float:
    return float((values * mask).sum() / mask.sum())
