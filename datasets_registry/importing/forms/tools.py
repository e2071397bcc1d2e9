"""Tools and calls of them, as public files write them."""

import json

from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_TOOL_COLUMNS = ("tools", "functions")


def tools(columns: Columns) -> Values:
    """``tools``, where a row has the column `tools` or `functions`.

    Each is a name, a description and a JSON schema, by itself or inside `function`; all may be JSON text.
    Raises Rejected where it is no list of them.
    """
    given = [_parsed(columns[name], name) for name in _TOOL_COLUMNS if columns.get(name)]
    if not any(given):
        return {}
    if len(given) > 1 or not isinstance(given[0], list):
        raise Rejected("tools are not a list of tools")
    return {"tools": [_tool(one) for one in given[0]]}


def _tool(value: Value) -> Values:
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Rejected("a tool has no name")
    schema: Value = inner.get("parameters") or inner.get("input_schema") or {}
    return {
        "name": inner["name"],
        "description": str(inner.get("description") or ""),
        "parameters": schema if isinstance(schema, str) else _text(schema),
    }


def tool_calls(message: Columns, place: int) -> list[Values]:
    """The calls in the assistant's turn number ``place``; a call without an id gets one by its place.

    Raises Rejected where they are no calls.
    """
    calls = _parsed(message.get("tool_calls"), "tool_calls") or []
    single = _parsed(message.get("function_call"), "function_call")
    if not isinstance(calls, list):
        raise Rejected("tool_calls is not a list of calls")
    return [
        _call(one, f"call_{place}_{number}")
        for number, one in enumerate([*calls, *([single] if single else [])])
    ]


def _call(value: Value, name: str) -> Values:
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Rejected("a tool call has no name")
    if value.get("parse_error"):
        raise Rejected("a tool call could not be parsed, so that its arguments are lost")
    arguments = inner.get("arguments", {})
    return {
        "id": str(value.get("id") or name),
        "name": inner["name"],
        "arguments": arguments if isinstance(arguments, str) else _text(arguments),
    }


def spoken_call(text: str, place: int) -> list[Values]:
    """The call that a turn's whole text is, where `function_call` or `tool_call` speaks."""
    value = _parsed(text, "a call of a tool")
    return [
        _call(one, f"call_{place}_{number}")
        for number, one in enumerate(value if isinstance(value, list) else [value])
    ]


def _parsed(value: Value, name: str) -> Value:
    if not isinstance(value, str):
        return value or None
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise Rejected(f"{name} is not JSON") from None


def _text(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
