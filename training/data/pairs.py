"""Preference pairs as examples for trainers on pairs."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from generation.tokenizer import Tokenizer
from training.data.rows import PairRow, Turns, fits, prompt_turns, reply


class PairExample(TypedDict):
    """A pair as TRL takes it, with the probability that the chosen completion is better for soft targets."""

    prompt: Turns
    chosen: Turns
    rejected: Turns
    p_chosen: NotRequired[float]


def preferred(rows: Iterable[PairRow]) -> list[PairRow]:
    """The pairs in which one completion is preferred: of verified pairs, which have no label, all."""
    return [row for row in rows if row.get("label", "a") in ("a", "b")]


def pair_example(tokenizer: Tokenizer, row: PairRow, system_text: str | None) -> PairExample:
    """A preferred pair's prompt and both completions as turns."""
    return {
        "prompt": prompt_turns(tokenizer, row, system_text),
        "chosen": reply(tokenizer, row["chosen"]),
        "rejected": reply(tokenizer, row["rejected"]),
    }


def pair_fits(tokenizer: Tokenizer, pair: PairExample, max_length: int) -> bool:
    """Whether both conversations of the pair have at most ``max_length`` tokens."""
    return fits(tokenizer, pair["prompt"], [pair["chosen"], pair["rejected"]], max_length)
