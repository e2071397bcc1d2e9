"""Answers that can be stored and used, from any backend: one that cannot fails its own row and no other."""

import math
import re

from datasets_registry.plain_text import plain
from generation.request import Completion

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_TOKENS = 2**31
_COUNTS = ("num_prompt_tokens", "num_cached_tokens", "num_completion_tokens")


def sound(completion: Completion) -> Completion:
    """``completion``, or its row failed with the reason; a count that cannot be is 0, as unknown ones are."""
    completion = _with_counts(completion)
    if completion.error is not None:
        return completion.model_copy(update={"text": "", "error": plain(completion.error)})
    reason = _unusable(completion)
    if reason is None:
        return completion
    counts = {name: getattr(completion, name) for name in _COUNTS}
    return Completion(finish_reason="error", error=reason, prompt_digest=completion.prompt_digest, **counts)


def _unusable(completion: Completion) -> str | None:
    """Why the answer cannot be used; None where it can."""
    if surrogate := _LONE_SURROGATE.search(completion.text + (completion.thought or "")):
        return f"the answer has a lone surrogate (U+{ord(surrogate[0]):04X}), which no file of text can hold"
    shares = [*(completion.choice_probabilities or ()), completion.outside_probability or 0.0]
    wrong = next((share for share in shares if not 0 <= share <= 1 + 1e-6), None)
    if wrong is not None:
        return f"the probability of a choice is {wrong}, which is no probability"
    logprob = completion.continuation_logprob
    if logprob is not None and (math.isnan(logprob) or logprob == math.inf):
        return f"the log-probability of the continuation is {logprob}"
    return None


def _with_counts(completion: Completion) -> Completion:
    odd = [name for name in _COUNTS if not 0 <= getattr(completion, name) < _MOST_TOKENS]
    return completion.model_copy(update=dict.fromkeys(odd, 0)) if odd else completion
