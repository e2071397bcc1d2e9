"""Preference pairs as tokens for trainers on pairs."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from generation.tokenizer import Tokenizer
from training.data.rows import PairRow, conversation, sides
from training.data.tokens import learned


class PairExample(TypedDict):
    """A pair as TRL takes it, for soft targets with the probability that the chosen one is better."""

    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]
    p_chosen: NotRequired[float]


def preferred(rows: Iterable[PairRow]) -> list[PairRow]:
    """The pairs in which one completion is preferred: of verified pairs, which have no label, all."""
    return [row for row in rows if row.get("label", "a") in ("a", "b")]


def pair_example(tokenizer: Tokenizer, row: PairRow, system_text: str | None) -> PairExample:
    """A preferred pair's prompt and both ended turns; raises as ``learned``."""
    asked = conversation(row, system_text)
    chosen, rejected = (learned(tokenizer, asked, side) for side in sides(row))
    return {
        "prompt_ids": chosen.prompt,
        "chosen_ids": chosen.completion,
        "rejected_ids": rejected.completion,
    }


def pair_length(pair: PairExample) -> int:
    """The tokens of the longer of both conversations."""
    return len(pair["prompt_ids"]) + max(len(pair["chosen_ids"]), len(pair["rejected_ids"]))


def num_pair_tokens(pair: PairExample) -> int:
    """The tokens of both conversations, each of which is read."""
    return 2 * len(pair["prompt_ids"]) + len(pair["chosen_ids"]) + len(pair["rejected_ids"])


def is_distinct(pair: PairExample) -> bool:
    """Whether the two completions are different tokens, of which alone there is something to learn."""
    return pair["chosen_ids"] != pair["rejected_ids"]
