"""Messages of public files as turns: who speaks, text, thought, calls, and whether a turn is learned."""

from collections.abc import Sequence

from datasets_registry.importing.blocks import in_blocks, is_text, joined
from datasets_registry.importing.forms.tools import spoken_call, tool_calls
from datasets_registry.importing.forms.values import truth
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

Turns = list[Values]

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
    "ipython": "tool",
}
# whose whole text is a call
_CALLERS = ("function_call", "tool_call")
_THOUGHT = ("reasoning_content", "reasoning", "thinking")
_LEARNED = ("trainable", "train", "weight")
# what people see or hear, which a row cannot hold
_LOST = ("refusal", "audio", "image", "images", "video", "videos")
MESSAGE_FIELDS = frozenset(
    {"role", "from", "content", "value", "tool_calls", "function_call", "tool_call_id", "name"}
    | {*_THOUGHT, *_LEARNED, *_LOST}
)


def turns(messages: Value) -> Turns:
    """Messages with `role` and `content`, or `from` and `value`, as turns; only fields that say something.

    Blocks of a message become the turns that they stand for.
    Raises Rejected where they are not messages, or hold what no turn has a field for.
    """
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise Rejected("the conversation is not a list of messages")
    return [_turn(message, place) for place, message in enumerate(in_blocks(messages))]


def _turn(message: Value, place: int) -> Values:
    if not isinstance(message, dict) or message.keys().isdisjoint(("role", "from")):
        raise Rejected("a message has no role")
    speaker = message["role"] if "role" in message else message["from"]
    if not isinstance(speaker, str) or speaker not in ROLES:
        raise Rejected(
            "a message has an unknown role", f"a message has the unknown role {str(speaker)[:40]!r}"
        )
    for name in _LOST:
        if message.get(name):
            raise Rejected(f"a message has {name}, for which rows have no place")
    role = ROLES[speaker]
    calls = spoken_call(_text(message, ()), place) if speaker in _CALLERS else tool_calls(message, place)
    if calls and role != "assistant":
        raise Rejected(f"a message of the {role} calls tools")
    content = "" if speaker in _CALLERS else _text(message, calls)
    more = {
        "reasoning": reasoning(message),
        "tool_calls": calls or None,
        "tool_call_id": message.get("tool_call_id") or None,
        "name": message.get("name") or None,
        "trainable": _trainable(message),
    }
    return {"role": role, "content": content} | {
        key: value for key, value in more.items() if value is not None
    }


def _text(message: Columns, calls: Sequence[Values]) -> str:
    text = message.get("content", message.get("value"))
    if isinstance(text, list):
        return joined(text)
    if text is None and calls:
        return ""
    if not isinstance(text, str):
        raise Rejected("a message is not text")
    return text


def reasoning(message: Columns) -> str | None:
    """The thought of a message or row, by one of its names; raises Rejected where it is not one text."""
    thoughts = {message[name] for name in _THOUGHT if isinstance(message.get(name), str) and message[name]}
    if (
        any(message.get(name) and not isinstance(message[name], str) for name in _THOUGHT)
        or len(thoughts) > 1
    ):
        raise Rejected("a thought is not one text")
    return next(iter(thoughts), None)


def _trainable(message: Columns) -> bool | None:
    """Whether the turn is learned, by `weight` 0 or 1, or true or false."""
    said = [message[name] for name in _LEARNED if message.get(name) is not None]
    if not said:
        return None
    meant = set(map(truth, said))
    if None in meant or len(meant) > 1:
        raise Rejected(
            "a message's weight is neither 0 nor 1", f"a message's weight {said[0]!r} is neither 0 nor 1"
        )
    return truth(said[0])


def with_system(conversation: Turns, columns: Columns) -> Turns:
    """The conversation after the text of a column `system` or `system_prompt`, where a row has one.

    Raises Rejected where the conversation has another system text of its own.
    """
    texts = [columns[name] for name in ("system", "system_prompt") if columns.get(name)]
    if not texts:
        return conversation
    text = joined(texts[0]) if is_text(texts[0]) else texts[0]
    if not isinstance(text, str) or texts.count(texts[0]) < len(texts):
        raise Rejected("the system text is not one text")
    own = [turn["content"] for turn in conversation if turn["role"] == "system"]
    if own and own != [text]:
        raise Rejected("the system column and the conversation's system turn differ")
    return conversation if own else [{"role": "system", "content": text}, *conversation]
