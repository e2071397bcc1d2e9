"""Messages and tools as a chat template reads them, and which of their fields a template leaves out."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from pydantic import JsonValue

from datasets_registry.rows.conversation import Tool, ToolCall, json_object
from generation.request import Message

# templates and servers read what the assistant thought under one of two names
_REASONING = ("reasoning", "reasoning_content")

Conversation = tuple[Sequence[Message], Sequence[Tool]]
Arguments = Callable[[ToolCall, Sequence[str]], JsonValue]


class UnreadableArguments(ValueError):
    """A tool call's arguments are not a JSON object, which templates need."""


def as_text(content: str, special_tokens: Sequence[str]) -> str:
    """``content`` with every special token of the template broken, so that it cannot end a turn."""
    for token in special_tokens:
        content = content.replace(token, f"{token[0]}\u200b{token[1:]}")
    return content


def template_turn(message: Message, special_tokens: Sequence[str]) -> dict[str, JsonValue]:
    """The message as a template's variable, fields only where they are set.

    Raises UnreadableArguments where those of a tool call are not a JSON object.
    """
    return plain_turn(message, special_tokens, _read_arguments)


def plain_turn(message: Message, special_tokens: Sequence[str], arguments: Arguments) -> dict[str, JsonValue]:
    """The message as JSON, a tool call's arguments as ``arguments`` has them."""
    turn: dict[str, JsonValue] = {"role": message.role, "content": as_text(message.content, special_tokens)}
    if message.reasoning is not None:
        turn |= dict.fromkeys(_REASONING, as_text(message.reasoning, special_tokens))
    if message.tool_calls is not None:
        turn["tool_calls"] = [_plain_call(call, special_tokens, arguments) for call in message.tool_calls]
    for name, value in (("tool_call_id", message.tool_call_id), ("name", message.name)):
        if value is not None:
            turn[name] = as_text(value, special_tokens)
    return turn


def plain_tool(tool: Tool, special_tokens: Sequence[str]) -> dict[str, JsonValue]:
    """The tool as JSON, the same for templates and servers."""
    function: dict[str, JsonValue] = {"name": tool.name, "description": tool.description}
    function["parameters"] = json_object(tool.parameters)
    return {"type": "function", "function": broken(function, special_tokens)}


def _plain_call(call: ToolCall, special_tokens: Sequence[str], arguments: Arguments) -> JsonValue:
    function: dict[str, JsonValue] = {"name": as_text(call.name, special_tokens)}
    function["arguments"] = arguments(call, special_tokens)
    return {"type": "function", "id": as_text(call.id, special_tokens), "function": function}


def _read_arguments(call: ToolCall, special_tokens: Sequence[str]) -> JsonValue:
    arguments = json_object(call.arguments)
    if arguments is None:
        raise UnreadableArguments(
            f"the arguments of tool call {call.id!r} are not a JSON object: {call.arguments[:80]!r}"
        )
    return broken(arguments, special_tokens)


def broken(value: JsonValue, special_tokens: Sequence[str]) -> JsonValue:
    """A JSON value with ``as_text`` done to every text in it."""
    if isinstance(value, str):
        return as_text(value, special_tokens)
    if isinstance(value, dict):
        return {as_text(name, special_tokens): broken(part, special_tokens) for name, part in value.items()}
    if isinstance(value, list):
        return [broken(part, special_tokens) for part in value]
    return value


def one_system_turn(messages: Sequence[Message]) -> Sequence[Message]:
    """The conversation with the system turns at its start as one, their texts parted by a blank line."""
    leading = list(takewhile(lambda message: message.role == "system", messages))
    if len(leading) < 2:
        return messages
    text = "\n\n".join(message.content for message in leading)
    return [leading[0].model_copy(update={"content": text}), *messages[len(leading) :]]


def lost_text(messages: Sequence[Message], special_tokens: Sequence[str], rendered: str) -> str | None:
    """The first text that ``rendered`` lacks, or has in another order, in words; None where all are there.

    White space around a text is not looked at. A system's text may stand anywhere before the last text. What
    tools say may be written in another form, such as JSON, which ``reductions`` looks after.
    """
    place = 0
    for index, message in enumerate(messages):
        text = as_text(message.content, special_tokens).strip()
        if message.role == "tool" or not text:
            continue
        found = rendered.find(text, 0 if message.role == "system" else place)
        if found < 0:
            return f"content of message {index + 1}, the {message.role}'s"
        if message.role != "system":
            place = found + len(text)
    return None


def carries_fields(messages: Sequence[Message], tools: Sequence[Tool]) -> bool:
    """Whether there is anything that a template of plain turns may leave out."""
    return bool(tools) or any(
        message.role == "tool" or message.reasoning or message.tool_calls or message.name
        for message in messages
    )


def reductions(messages: Sequence[Message], tools: Sequence[Tool]) -> Iterator[tuple[str, Conversation]]:
    """Each thing that must be read, and the conversation without it: rendered, that must differ.

    A tool's answer need not name its call where the answers stand in the order of the calls, which says
    the same.
    """
    if tools:
        yield "the tools", (messages, ())
    for index, message in enumerate(messages):
        for field in _fields_to_read(messages, index):
            reduced = message.model_copy(update={field: "" if field == "content" else None})
            without = [*messages[:index], reduced, *messages[index + 1 :]]
            yield f"{field} of message {index + 1}, the {message.role}'s", (without, tools)


def _fields_to_read(messages: Sequence[Message], index: int) -> list[str]:
    message = messages[index]
    fields = ["reasoning", "tool_calls"]
    if message.role == "tool":
        fields.append("content")
    if not _answers_in_order(messages, index):
        fields += ["tool_call_id", "name"]
    return [field for field in fields if getattr(message, field)]


def _answers_in_order(messages: Sequence[Message], index: int) -> bool:
    """Whether the tool's message answers the call that its position says."""
    before = index
    while before >= 0 and messages[before].role == "tool":
        before -= 1
    calls = messages[before].tool_calls if before >= 0 else None
    if before == index or calls is None or index - before > len(calls):
        return False
    call, message = calls[index - before - 1], messages[index]
    return message.tool_call_id in (None, call.id) and message.name in (None, call.name)
