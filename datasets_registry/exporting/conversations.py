"""Stored rows as conversations, in the form that chat templates, trainers and services read."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue

from datasets_registry.exporting.learned import Columns, LeftOut, stored_answer
from datasets_registry.rows.conversation import json_object

Turn = dict[str, JsonValue]


def prompt_turns(row: Columns, arguments: Callable[[str], JsonValue]) -> list[Turn]:
    """All turns before the answer; ``arguments`` writes those of a tool call."""
    return [turn(stored, arguments) for stored in stored_turns(row)]


def stored_turns(row: Columns) -> list[Mapping[str, Any]]:
    """The turns before the answer as they are stored: imported rows have all of them as ``messages``."""
    if row.get("messages"):
        return list(row["messages"])
    return [*(row.get("history") or ()), {"role": "user", "content": row["prompt"]}]


def answer(row: Columns, column: str, arguments: Callable[[str], JsonValue]) -> Turn:
    """The answer in ``column`` as the assistant's turn, with its thought and its calls of tools."""
    return turn(stored_answer(row, column), arguments)


def turn(stored: Mapping[str, Any], arguments: Callable[[str], JsonValue]) -> Turn:
    """A stored turn with the fields that it has; its thought under the name that templates read."""
    made: Turn = {"role": stored["role"], "content": stored["content"]}
    if stored.get("reasoning") is not None:
        made["reasoning_content"] = stored["reasoning"]
    if stored.get("tool_calls"):
        made["tool_calls"] = [_call(call, arguments) for call in stored["tool_calls"]]
    for name in ("tool_call_id", "name"):
        if stored.get(name) is not None:
            made[name] = stored[name]
    return made


def _call(call: Mapping[str, Any], arguments: Callable[[str], JsonValue]) -> JsonValue:
    function: JsonValue = {"name": call["name"], "arguments": arguments(call["arguments"])}
    return {"type": "function", "id": call["id"], "function": function}


def read_arguments(text: str) -> JsonValue:
    """The arguments of a call as JSON; raises LeftOut where they are not an object."""
    arguments = json_object(text)
    if arguments is None:
        raise LeftOut("arguments of a tool call that are not a JSON object")
    return arguments


def tools(row: Columns) -> list[JsonValue]:
    """The tools that the assistant may call, as JSON schemas of functions."""
    return [_tool(tool) for tool in row.get("tools") or ()]


def _tool(tool: Mapping[str, Any]) -> JsonValue:
    function: JsonValue = {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": json_object(tool["parameters"]),
    }
    return {"type": "function", "function": function}
