"""Replay: rows of another SFT dataset, mixed in until they are a set share of all tokens."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from datasets_registry.hashing import digest


class TokenExample(TypedDict):
    """A conversation's tokens and which of them are learned, as TRL takes them."""

    input_ids: list[int]
    labels: list[int]


def replayed(
    examples: Sequence[TokenExample],
    others: Sequence[TokenExample],
    share: float,
    seed: int,
    num_tokens: Callable[[TokenExample], int],
) -> list[TokenExample]:
    """As many of ``others``, in an order drawn by ``seed``, as make ``share`` of all tokens; each once.

    All of them where they are too few. The last one taken is that which reaches the share.
    """
    target = share / (1 - share) * sum(map(num_tokens, examples))
    taken: list[TokenExample] = []
    total = 0
    for example in sorted(others, key=lambda example: digest(["replay", seed, example])):
        if total >= target:
            break
        taken.append(example)
        total += num_tokens(example)
    return taken
