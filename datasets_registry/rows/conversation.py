"""What a turn of a conversation may carry besides its text: who speaks, tools, and calls of them."""

import json
from typing import Literal

from pydantic import Field, JsonValue, field_validator

from datasets_registry.rows.row import Part

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(Part):
    """A call of a tool as the assistant wrote it, its arguments well-formed or not."""

    id: str = Field(description="Names the call, so that the tool's answer can refer to it")
    name: str = Field(description="The tool's name")
    arguments: str = Field(description="The arguments, a JSON object as text")


class Tool(Part):
    """A tool that the assistant may call."""

    name: str = Field(description="What the tool is called by")
    description: str = Field("", description="What it does, for the model to read")
    parameters: str = Field("{}", description="JSON schema of its arguments, as text")

    @field_validator("parameters")
    @classmethod
    def _is_json_object(cls, parameters: str) -> str:
        if json_object(parameters) is None:
            raise ValueError(f"{parameters[:80]!r} is not a JSON object: give a JSON schema")
        return parameters


def json_object(text: str) -> dict[str, JsonValue] | None:
    """The JSON object that ``text`` is; None if it is anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
