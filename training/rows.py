"""Dataset rows as TRL examples: conversations, with the template's tokens kept out of the text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from generation.chat import as_text, special_tokens

Turns = list[dict[str, str]]


def turns(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> Turns:
    """The row's conversation up to the completion, as the policy is asked it."""
    specials = special_tokens(tokenizer)
    system = [] if system_text is None else [{"role": "system", "content": system_text}]
    asked = [*row.get("history", []), {"role": "user", "content": row["prompt"]}]
    said = [{"role": one["role"], "content": as_text(one["content"], specials)} for one in asked]
    return [*system, *said]


def reply(tokenizer: Any, completion: str) -> Turns:
    """The completion as the assistant's turn."""
    return [{"role": "assistant", "content": as_text(completion, special_tokens(tokenizer))}]


def fitting(
    tokenizer: Any, examples: Iterable[dict[str, Turns]], replies: Sequence[str], max_length: int
) -> list[dict[str, Turns]]:
    """The examples whose every conversation has at most ``max_length`` tokens; none is cut."""
    kept = []
    for one in examples:
        lengths = [
            len(tokenizer.apply_chat_template(one["prompt"] + one[name], return_dict=True)["input_ids"])
            for name in replies
        ]
        if max(lengths) <= max_length:
            kept.append(one)
    return kept
