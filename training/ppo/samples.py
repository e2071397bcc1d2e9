"""Samples of a policy as token ids, beside their prompts, and their probabilities under a policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch

from datasets_registry.errors import ModelFailed
from generation.language_model import LanguageModel
from generation.request import SamplingParams
from generation.scoring.padding import right_padded
from generation.transformers_local.prefill import read
from generation.transformers_local.sampling import Sampler

_LEAVING = 8
# a token whose probability is not asked for
IGNORED = -100


@dataclass(frozen=True)
class Samples:
    """Prompts padded on the left and completions on the right: all completions begin at column ``begins``.

    Only ``attention_mask`` tells padding apart, since the padding token may end turns too.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    begins: int

    @property
    def mask(self) -> torch.Tensor:
        """1 at the tokens of completions (samples × longest completion)."""
        return self.attention_mask[:, self.begins :].float()

    @property
    def inputs(self) -> dict[str, object]:
        """The inputs of a model; a token's position counts the real ones before it."""
        positions = (self.attention_mask.cumsum(1) - 1).clamp(min=0)
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "position_ids": positions,
            "use_cache": False,
        }

    def rows(self, indices: torch.Tensor) -> "Samples":
        """The samples of these indices; as wide as before, so that they line up with figures of all."""
        return Samples(self.input_ids[indices], self.attention_mask[indices], self.begins)


def side_by_side(
    prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], pad: int, device: torch.device
) -> Samples:
    """The samples as one batch; ``pad`` may be any token."""
    begins = max(len(prompt) for prompt in prompts)
    ids, real = [], []
    for prompt, completion in zip(prompts, completions, strict=True):
        padding = begins - len(prompt)
        ids.append([*[pad] * padding, *prompt, *completion])
        real.append([*[0] * padding, *[1] * (len(prompt) + len(completion))])
    return Samples(
        right_padded(ids, pad, torch.long).to(device), right_padded(real, 0, torch.long).to(device), begins
    )


@torch.inference_mode()
def sample(
    model: LanguageModel,
    prompts: Sequence[list[int]],
    params: SamplingParams,
    keys: Sequence[str],
    ends: set[int],
) -> list[list[int]]:
    """One completion for each prompt, up to and with its first token of ``ends``, or cut at ``max_tokens``.

    The noise of each depends on its key alone (64 hex digits): a resumed run samples the same. Raises
    ModelFailed where the policy's probabilities are NaN.
    """
    state = read(model, prompts)
    sampler = Sampler([params] * len(prompts), keys, model.device)
    completions: list[list[int]] = [[] for _ in prompts]
    in_batch, unfinished = list(range(len(prompts))), set(range(len(prompts)))
    for step in range(params.max_tokens):
        if not bool(state.logits.amax(-1).isfinite().all()):
            raise ModelFailed("the policy's probabilities became NaN: lower learning_rate")
        tokens = sampler.draw(state.logits, step)
        for index, token in zip(in_batch, tokens.tolist(), strict=True):
            if index in unfinished:
                completions[index].append(token)
                unfinished -= {index} if token in ends else set()
        if not unfinished or step + 1 == params.max_tokens:
            break
        # leaving copies the cache, so it waits until an eighth has finished
        if len(in_batch) - len(unfinished) >= max(1, len(in_batch) // _LEAVING):
            rows = [row for row, index in enumerate(in_batch) if index in unfinished]
            staying = torch.tensor(rows, device=model.device)
            state.keep(staying)
            sampler.keep(rows)
            tokens, in_batch = tokens[staying], [in_batch[row] for row in rows]
        state.step(model, tokens)
    return completions


def fuse_head(model: LanguageModel, temperature: float) -> None:
    """Let ``log_probabilities`` read ``model``: by TRL's head, which has a tile of the logits at a time.

    All logits of a vocabulary of 128,000 take 0.5 MB for each token, and their softmax as much again.
    """
    from trl.trainer.utils import add_fused_lm_head

    add_fused_lm_head(model, temperature=temperature, outputs=("log_probs", "entropy"))


def log_probabilities(model: LanguageModel, samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    """The log-probability of each sampled token, and the entropy there, at the head's temperature.

    Both are samples × longest completion, in nats, and have no meaning behind a sample's end. ``model`` has
    been through ``fuse_head``, below its adapter if it has one.
    """
    labels = samples.input_ids.masked_fill(samples.attention_mask == 0, IGNORED)
    labels[:, : samples.begins] = IGNORED
    output = cast(_Fused, model(**samples.inputs, labels=labels, fused_lm_head=True))
    # each token's stands at the token before
    kept = slice(samples.begins - 1, None)
    return output.log_probs[:, kept], output.entropy[:, kept].detach()


class _Fused(Protocol):
    """What a model with a fused head returns, at each token but the last."""

    log_probs: torch.Tensor
    entropy: torch.Tensor
