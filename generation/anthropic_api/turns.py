"""A conversation in the words of the Messages API: the system's text apart, then turns that alternate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pydantic import JsonValue

from datasets_registry.rows.conversation import Tool, ToolCall, json_object
from generation.request import Message
from generation.turns import one_system_turn

Block = dict[str, JsonValue]


class Unsendable(ValueError):
    """The API has no place for something of a request, which would be left out."""


@dataclass
class _Calls:
    """The tool calls of the last assistant's turn that no tool has answered yet."""

    waiting: list[ToolCall] = field(default_factory=list)

    def answered_by(self, message: Message, place: int) -> str:
        """The id of the call that the tool's message answers: the one it names, or the next in order."""
        named = message.tool_call_id
        call = next((call for call in self.waiting if named in (None, call.id)), None)
        if call is None or message.name not in (None, call.name):
            raise Unsendable(
                f"message {place}, the tool's, answers no call of the turn before: name one in tool_call_id"
            )
        self.waiting.remove(call)
        return call.id


def sent_conversation(messages: Sequence[Message]) -> Block:
    """``system``, if there is one, and ``messages``; turns of one role in a row are blocks of one turn.

    Raises Unsendable where the API has no place for a field or a turn.
    """
    calls, system, turns = _Calls(), [], list[tuple[str, list[JsonValue]]]()
    for place, message in enumerate(messages, 1):
        _require_place(message, place, amid=bool(turns))
        if message.role == "system":
            system.append(message)
        else:
            turns.append(
                ("assistant" if message.role == "assistant" else "user", _blocks(message, place, calls))
            )
    if not turns or turns[0][0] == "assistant":
        raise Unsendable("the conversation does not begin with a user's turn: begin it with one")
    sent: list[JsonValue] = [
        {"role": role, "content": _content([block for _, blocks in group for block in blocks])}
        for role, group in groupby(turns, key=lambda turn: turn[0])
    ]
    text = [message.content for message in one_system_turn(system)]
    return {**({"system": text[0]} if text else {}), "messages": sent}


def _require_place(message: Message, place: int, *, amid: bool) -> None:
    if message.role == "system" and amid:
        raise Unsendable(
            f"message {place} is a system's behind others, for which the API has no place: put it at the head"
        )
    if message.reasoning:
        raise Unsendable(
            f"the API takes reasoning only as it signed it itself: remove it from message {place}"
        )
    if message.name is not None and message.role != "tool":
        raise Unsendable(f"the API has no place for a speaker's name: remove it from message {place}")


def _content(blocks: list[JsonValue]) -> JsonValue:
    """The blocks, or the text of a single one."""
    match blocks:
        case [{"type": "text", "text": str(text)}]:
            return text
    return blocks


def _blocks(message: Message, place: int, calls: _Calls) -> list[JsonValue]:
    if message.role == "tool":
        call = calls.answered_by(message, place)
        return [{"type": "tool_result", "tool_use_id": call, "content": message.content}]
    calls.waiting = list(message.tool_calls or ())
    text: list[JsonValue] = [{"type": "text", "text": message.content}]
    spoken = text if message.content or not calls.waiting else []
    return [*spoken, *(_sent_call(call) for call in calls.waiting)]


def _sent_call(call: ToolCall) -> JsonValue:
    arguments = json_object(call.arguments)
    if arguments is None:
        raise Unsendable(
            f"the arguments of tool call {call.id!r} are not a JSON object: {call.arguments[:80]!r}"
        )
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def sent_tools(tools: Iterable[Tool]) -> list[JsonValue]:
    """The tools that the model may call."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": json_object(tool.parameters)}
        for tool in tools
    ]
