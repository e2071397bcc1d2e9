"""Reading prompts: a prefix that all share once, each prompt once, whatever the number of its samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import Cache, DynamicCache

from generation.language_model import LanguageModel
from generation.transformers_local.shared_attention import Prefix, shares_prefixes, split


@dataclass
class Read:
    """Prompts as read: the next token's logits of each, and what a decoding step needs.

    ``num_cached`` are the tokens of each prompt that an earlier one had paid for.
    """

    logits: torch.Tensor
    cache: Cache
    mask: torch.Tensor
    lengths: torch.Tensor
    prefix: Prefix | None
    num_cached: list[int]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone."""
        self.mask, self.lengths = self.mask[rows], self.lengths[rows]
        self.cache.batch_select_indices(rows)

    def step(self, model: LanguageModel, tokens: torch.Tensor) -> None:
        """Append one token to each row."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], dim=1)
        options = {} if self.prefix is None else {"shared_prefix": self.prefix}
        output = model(
            input_ids=tokens[:, None],
            attention_mask=self.mask,
            position_ids=self.lengths[:, None],
            past_key_values=self.cache,
            use_cache=True,
            **options,
        )
        self.lengths = self.lengths + 1
        self.logits = output.logits[:, -1]


def read(model: LanguageModel, prompts: Sequence[list[int]]) -> Read:
    """Read ``prompts``, of which equal ones are read once."""
    distinct = list(dict.fromkeys(tuple(prompt) for prompt in prompts))
    indices = {prompt: index for index, prompt in enumerate(distinct)}
    which = [indices[tuple(prompt)] for prompt in prompts]
    # a sliding window counts the padding that would stand between a prefix and the rest
    shared = num_shared(distinct) if shares_prefixes(model) or len(distinct) == 1 else 0
    cache = DynamicCache(config=model.config)
    logits, mask = last_logits(model, distinct, shared, cache)
    rows = torch.tensor(which, device=model.device)
    prefix = None
    if shared and shares_prefixes(model):
        prefix, cache = split(cache, shared, rows)
        mask = mask[:, shared:]
    else:
        cache.batch_select_indices(rows)
    return Read(
        logits=logits[rows, -1],
        cache=cache,
        mask=mask[rows],
        lengths=torch.tensor([len(prompt) for prompt in prompts], device=model.device),
        prefix=prefix,
        num_cached=_num_cached(which, prompts, shared),
    )


def last_logits(
    model: LanguageModel, prompts: Sequence[tuple[int, ...]], shared: int, cache: Cache, number: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits after each prompt's last ``number`` tokens, and the mask of what now is in the cache.

    The first ``shared`` tokens, which all have in common, are read once, and have no logits where there
    are more.
    """
    width = max(len(prompt) for prompt in prompts) - shared
    rests, mask = _left_padded([prompt[shared:] for prompt in prompts], width, model.device)
    mask = torch.cat([mask.new_ones(len(prompts), shared), mask], dim=1)
    logits = None
    if shared:
        prefix = torch.tensor([prompts[0][:shared]], device=model.device)
        logits = model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        cache.batch_repeat_interleave(len(prompts))
    if logits is None or width:
        logits = model(
            input_ids=rests,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=number,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0)[:, shared:],
        ).logits
    return logits, mask


def _left_padded(
    rests: Sequence[tuple[int, ...]], width: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    padded = [[0] * (width - len(rest)) + list(rest) for rest in rests]
    mask = [[0] * (width - len(rest)) + [1] * len(rest) for rest in rests]
    return (
        torch.tensor(padded, dtype=torch.long, device=device),
        torch.tensor(mask, dtype=torch.long, device=device),
    )


def num_shared(prompts: Sequence[tuple[int, ...]]) -> int:
    """How many leading tokens all share; of several prompts at least one token each is left over."""
    if len(prompts) == 1:
        return len(prompts[0])
    first, last = min(prompts), max(prompts)
    limit = min(len(prompt) for prompt in prompts) - 1
    return next((index for index in range(limit) if first[index] != last[index]), limit)


def _num_cached(which: Sequence[int], prompts: Sequence[list[int]], shared: int) -> list[int]:
    paid: set[int] = set()
    counts = []
    for index, ids in zip(which, prompts, strict=True):
        counts.append(len(ids) if index in paid else shared if paid else 0)
        paid.add(index)
    return counts
