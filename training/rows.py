"""Dataset rows as TRL examples: conversations, with the template's tokens kept out of the text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from generation.chat import as_text, finished, special_tokens, token_ids
from generation.request import Message

Turns = list[dict[str, str]]


def asked(row: Mapping[str, Any], system_text: str | None) -> tuple[Message, ...]:
    """The row's conversation up to the completion, as a scorer is given it."""
    system = [] if system_text is None else [{"role": "system", "content": system_text}]
    said = [*system, *_conversation(row)]
    return tuple(Message(role=one["role"], content=one["content"]) for one in said)


def _conversation(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """All that was said: imported rows have it as ``messages``, ours as ``history`` and ``prompt``."""
    if row.get("messages"):
        return list(row["messages"])
    return [*row.get("history", []), {"role": "user", "content": row["prompt"]}]


def group(row: Mapping[str, Any]) -> str:
    """The split group: equal prompts are one where the dataset says none."""
    return str(row.get("split_group") or row["prompt"])


def turns(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> Turns:
    """The row's conversation up to the completion, as the policy is asked it."""
    specials = special_tokens(tokenizer)
    system = [] if system_text is None else [{"role": "system", "content": system_text}]
    said = [{"role": one["role"], "content": as_text(one["content"], specials)} for one in _conversation(row)]
    return [*system, *said]


def preferred(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pairs in which one completion is preferred: of verified pairs, which have no label, all."""
    return [one for one in rows if one.get("label", "a") in ("a", "b")]


def reply(tokenizer: Any, completion: str) -> Turns:
    """The completion as the assistant's turn."""
    return [{"role": "assistant", "content": as_text(completion, special_tokens(tokenizer))}]


def pair(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> dict[str, Turns]:
    """A preferred pair's prompt and both completions as turns."""
    return {
        "prompt": turns(tokenizer, row, system_text),
        "chosen": reply(tokenizer, row["chosen"]),
        "rejected": reply(tokenizer, row["rejected"]),
    }


def fitting(
    tokenizer: Any, examples: Iterable[dict[str, Any]], replies: Sequence[str], max_length: int
) -> list[dict[str, Any]]:
    """The examples whose every conversation has at most ``max_length`` tokens; none is cut."""
    kept = []
    for one in examples:
        lengths = [len(conversation_ids(tokenizer, one["prompt"] + one[name])) for name in replies]
        if max(lengths) <= max_length:
            kept.append(one)
    return kept


def conversation_ids(tokenizer: Any, conversation: Iterable[Mapping[str, str]]) -> list[int]:
    """The ended conversation as token ids; raises BadInput where the vocabulary lacks a character."""
    messages = [Message.model_validate(one) for one in conversation]
    return token_ids(tokenizer, finished(tokenizer, messages))
