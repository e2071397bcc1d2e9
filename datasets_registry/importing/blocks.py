"""Messages in blocks, as Anthropic and others write them, made messages of one text each."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_TEXTS = ("text", "input_text", "output_text")
# a hidden thought has no text that a row could hold; the import names it among what no row has
HIDDEN = "redacted_thinking"
_THOUGHTS = ("thinking", "reasoning", HIDDEN)
_CALL, _RESULT = "tool_use", "tool_result"
# by role; others have texts alone
_KINDS = {"user": (*_TEXTS, _RESULT), "assistant": (*_THOUGHTS, *_TEXTS, _CALL)}
BLOCK_FIELDS = frozenset(
    {"type", "text", "thinking", "reasoning", "id", "name", "input", "tool_use_id", "content"}
)


def in_blocks(messages: Sequence[Value]) -> list[Value]:
    """The messages, in place of each with other blocks than texts those that it stands for.

    Raises Rejected for a block that no turn can hold, or that stands in another order than in a turn.
    """
    return [
        plain for message in messages for plain in (_split(message) if _has_blocks(message) else [message])
    ]


def _has_blocks(message: Value) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    blocks = content if isinstance(content, list) else []
    return any(isinstance(block, dict) and block.get("type") not in _TEXTS for block in blocks)


def _split(message: Columns) -> Iterator[Values]:
    role = message.get("role")
    kinds = _KINDS.get(role, _TEXTS) if isinstance(role, str) else _TEXTS
    for block in message["content"]:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in kinds:
            raise Rejected(
                "a message has a block for which rows have no place",
                f"a message of {str(role)[:40]!r} has a block {str(kind)[:40]!r}, for which rows have no "
                "place",
            )
    return _results(message) if role == "user" else iter([_spoken(message)])


def _spoken(message: Columns) -> Values:
    """The assistant's thought, text and calls, which must stand in this order, as in a turn."""
    blocks = message["content"]
    places = [_place(block) for block in blocks]
    if places != sorted(places):
        raise Rejected("a message's blocks are not thought, text and calls in this order")
    calls = [block for block in blocks if block["type"] == _CALL]
    spoken = {**message, "content": joined([block for block in blocks if block["type"] in _TEXTS])}
    thoughts = [_thought(block) for block in blocks if block["type"] in _THOUGHTS and block["type"] != HIDDEN]
    more = {
        "reasoning_content": "\n".join(thoughts),
        "tool_calls": [
            {"id": call.get("id"), "name": call.get("name"), "arguments": call.get("input") or {}}
            for call in calls
        ],
    }
    for name, value in more.items():
        if value and message.get(name):
            raise Rejected(f"a message has {name} beside blocks of the same")
    return spoken | {name: value for name, value in more.items() if value}


def _place(block: Columns) -> int:
    return 0 if block["type"] in _THOUGHTS else 2 if block["type"] == _CALL else 1


def _thought(block: Columns) -> str:
    value = block.get("thinking", block.get("reasoning", block.get("text")))
    return joined(value) if isinstance(value, list) else _text(value)


def _results(message: Columns) -> Iterator[Values]:
    """The user's texts, and each tool's result as a message of its own."""
    for is_result, blocks in groupby(message["content"], lambda block: block["type"] == _RESULT):
        if not is_result:
            yield {**message, "content": joined(list(blocks))}
            continue
        for block in blocks:
            said = block.get("content")
            content = joined(said) if isinstance(said, list) else said or ""
            yield {**message, "role": "tool", "content": content, "tool_call_id": block.get("tool_use_id")}


def joined(blocks: Sequence[Value]) -> str:
    """The texts of the blocks, joined by line breaks; raises Rejected where one is no text."""
    if not is_text(blocks):
        raise Rejected("a message is not text")
    return "\n".join(_text(block.get("text")) for block in blocks)


def is_text(blocks: Value) -> bool:
    """Whether it is a list of blocks of text."""
    return isinstance(blocks, list) and all(
        isinstance(block, dict) and block.get("type") in _TEXTS for block in blocks
    )


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise Rejected("a message is not text")
    return value


def unread_fields(message: Columns) -> set[str]:
    """What the blocks of a message say that no turn has, such as a signature or a hidden thought."""
    content = message.get("content")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    hidden = {HIDDEN for block in blocks if block.get("type") == HIDDEN}
    return hidden | {
        name
        for block in blocks
        if block.get("type") != HIDDEN
        for name in block.keys() - BLOCK_FIELDS
        if isinstance(name, str) and block[name]
    }
