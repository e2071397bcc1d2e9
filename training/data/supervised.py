"""Rows to imitate as tokens: each conversation with what is learned of it."""

from collections.abc import Iterable
from typing import TypedDict

from generation.tokenizer import Tokenizer
from training.data.rows import CompletionRow, completed, conversation
from training.data.tokens import Learnable, labelled, turn_by_turn


class TokenExample(TypedDict):
    """A conversation's tokens and which of them are learned, as TRL takes them."""

    input_ids: list[int]
    labels: list[int]


def learnables(
    tokenizer: Tokenizer, rows: Iterable[CompletionRow], system_text: str | None, *, all_turns: bool = False
) -> list[Learnable]:
    """What is learned of the rows: their completions, or with ``all_turns`` all that the assistant says."""
    wholes = (Learnable(conversation(row, system_text), completed(row), all_turns=all_turns) for row in rows)
    return [part for whole in wholes for part in turn_by_turn(tokenizer, whole)]


def token_example(tokenizer: Tokenizer, learnable: Learnable) -> TokenExample:
    """The tokens and what is learned of them; raises as ``labelled``."""
    ids, labels = labelled(tokenizer, learnable)
    return {"input_ids": ids, "labels": labels}


def num_tokens(examples: Iterable[TokenExample]) -> int:
    """The tokens of all conversations, learned or not."""
    return sum(len(made["input_ids"]) for made in examples)
