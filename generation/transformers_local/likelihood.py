"""The log-probability of given texts under a transformers model, several at a time."""

from collections.abc import Iterator, Sequence

import torch
from transformers import DynamicCache

from generation.language_model import LanguageModel
from generation.prompts import Prompt
from generation.request import Completion
from generation.transformers_local.prefill import last_logits, num_shared
from generation.transformers_local.shared_attention import shares_prefixes

# of a forward pass: logits are kept for every token of a continuation
_LOGITS = 2**28


def score_continuations(model: LanguageModel, prompts: Sequence[Prompt]) -> Iterator[tuple[int, Completion]]:
    """Yield (index among ``prompts``, completion): how probable each one's continuation is.

    A prefix that all share is read once.
    """
    longest = max(len(prompt.continuation) for prompt in prompts) + 1
    size = max(1, _LOGITS // (longest * model.config.vocab_size))
    for start in range(0, len(prompts), size):
        yield from enumerate(_score(model, prompts[start : start + size]), start)


@torch.inference_mode()
def _score(model: LanguageModel, prompts: Sequence[Prompt]) -> list[Completion]:
    # a sliding window counts the padding that would stand between a prefix and the rest
    shares = shares_prefixes(model) and len(prompts) > 1
    # the first token of a continuation is predicted by the prompt's last, which is read with the rest
    shared = max(0, num_shared([tuple(prompt.ids[:-1]) for prompt in prompts])) if shares else 0
    cache = DynamicCache(config=model.config)
    keep = max(len(prompt.continuation) for prompt in prompts) + 1
    logits, _ = last_logits(model, [tuple(prompt.read) for prompt in prompts], shared, cache, keep)
    return [
        _completion(prompt, row[-len(prompt.continuation) - 1 : -1], shared if index else 0)
        for index, (prompt, row) in enumerate(zip(prompts, logits, strict=True))
    ]


def _completion(prompt: Prompt, logits: torch.Tensor, num_cached: int) -> Completion:
    tokens = torch.tensor(prompt.continuation, device=logits.device)
    logprobs = logits.float().log_softmax(-1).gather(-1, tokens[:, None])
    return Completion(
        finish_reason="continuation",
        num_prompt_tokens=len(prompt.read),
        num_cached_tokens=num_cached,
        continuation_logprob=float(logprobs.double().sum()),
        num_continuation_tokens=len(tokens),
        continuation_is_greedy=bool((logits.argmax(-1) == tokens).all()),
    )
