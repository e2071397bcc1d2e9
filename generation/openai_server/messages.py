"""Messages in the words of the /v1 protocol: a template's, but for tool calls, whose arguments are text."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from datasets_registry.rows.conversation import ToolCall, json_object
from generation.request import Message
from generation.turns import as_text, broken, plain_turn


def sent_message(message: Message, special_tokens: Sequence[str]) -> JsonValue:
    """The message as it is posted, fields only where they are set."""
    return plain_turn(message, special_tokens, _sent_arguments)


def _sent_arguments(call: ToolCall, special_tokens: Sequence[str]) -> str:
    """The text itself, unless a control token is in it or would be in what a server reads out of it."""
    content = json_object(call.arguments)
    if content is None:
        return as_text(call.arguments, special_tokens)
    cleaned = broken(content, special_tokens)
    return call.arguments if cleaned == content else json.dumps(cleaned, ensure_ascii=False)
