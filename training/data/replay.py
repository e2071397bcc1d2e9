"""Replay: rows of another SFT dataset, mixed in until they are a set share of all tokens."""

from collections.abc import Callable, Sequence
from typing import Any

from datasets_registry.hashing import digest

Example = dict[str, Any]


def replayed(
    examples: Sequence[Example],
    other: Sequence[Example],
    share: float,
    seed: int,
    tokens: Callable[[Example], int],
) -> list[Example]:
    """Of ``other``, in an order drawn by ``seed``, what makes ``share`` of the tokens of both; each once.

    All of them where they are too few. The last one taken is that which reaches the share.
    """
    wanted = share / (1 - share) * sum(map(tokens, examples))
    taken: list[Example] = []
    so_far = 0
    for one in sorted(other, key=lambda one: digest(["replay", seed, one])):
        if so_far >= wanted:
            break
        taken.append(one)
        so_far += tokens(one)
    return taken
