"""Replay: rows of another SFT dataset, mixed in until they are a set share of all tokens."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from datasets_registry.hashing import digest
from training.data.rows import Turns


class CompletionExample(TypedDict):
    """A prompt and its completion, as TRL takes them."""

    prompt: Turns
    completion: Turns


def replayed(
    examples: Sequence[CompletionExample],
    others: Sequence[CompletionExample],
    share: float,
    seed: int,
    num_tokens: Callable[[CompletionExample], int],
) -> list[CompletionExample]:
    """As many of ``others``, in an order drawn by ``seed``, as make ``share`` of all tokens; each once.

    All of them where they are too few. The last one taken is that which reaches the share.
    """
    target = share / (1 - share) * sum(map(num_tokens, examples))
    taken: list[CompletionExample] = []
    total = 0
    for example in sorted(others, key=lambda example: digest(["replay", seed, example])):
        if total >= target:
            break
        taken.append(example)
        total += num_tokens(example)
    return taken
