"""Scripts: what a loopback server says, as a function of what it was asked."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

Fields = dict[str, JsonValue]


@dataclass(frozen=True)
class Turn:
    """One message: who speaks, and the text."""

    role: str
    content: str


@dataclass(frozen=True)
class Asked:
    """A request as the server understands it: fields that its dialect does not heed are at their default.

    ``noise`` is what the reply may vary by: the same for the same seed, another for each reply where no seed
    is heeded, and empty where the most probable reply is wanted. ``begun``: the last turn is to be continued.
    ``choice_ids`` are the tokens whose probabilities are wanted by id.
    """

    turns: tuple[Turn, ...]
    noise: str = ""
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: Fields | None = None
    begun: bool = False
    choice_ids: tuple[int, ...] = ()

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return self.turns[-1].content


@dataclass(frozen=True)
class Said:
    """A reply. A thought is shown where the dialect shows it, and is billed everywhere.

    ``probabilities`` are those of the first token, by its text or its id. ``ended`` and the counts are those
    of scripts that stop and count by themselves, as a real model does; otherwise the server cuts the text at
    stop strings and at its limit, and a token is a word with the white space before it. The reply takes
    ``seconds``.
    """

    text: str
    thought: str = ""
    refuses: bool = False
    probabilities: Mapping[str | int, float] = field(default_factory=dict)
    ended: Literal["stop", "length"] | None = None
    num_prompt_tokens: int | None = None
    num_tokens: int | None = None
    seconds: float = 0.0


Script = Callable[[Asked], str | Said]


def echo(asked: Asked) -> str:
    """The last message again, and a word of noise where the reply may vary."""
    return f"{asked.prompt} {asked.noise}".strip()


def tokens(text: str) -> list[str]:
    """The words of a text, each with the white space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def fitted(text: str, schema: Fields) -> str:
    """JSON of the schema: the text where it is such an object, else an object made of its words."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    required = schema.get("required", [])
    if isinstance(given, dict) and isinstance(required, list) and set(required) <= set(given):
        return text
    return json.dumps(_value(text, schema))


def _value(text: str, schema: Fields) -> JsonValue:
    choices = schema.get("enum")
    if isinstance(choices, list):
        said = [choice for choice in choices if re.search(rf"\b{re.escape(str(choice))}\b", text)]
        return said[-1] if said else choices[0]
    properties = schema.get("properties")
    if schema.get("type") == "object" and isinstance(properties, dict):
        return {name: _value(text, part) for name, part in properties.items() if isinstance(part, dict)}
    return _plain_value(text, schema)


def _plain_value(text: str, schema: Fields) -> JsonValue:
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
    match schema.get("type"):
        case "integer":
            return int(float(numbers[-1])) if numbers else 0
        case "number":
            return float(numbers[-1]) if numbers else 0.0
        case "boolean":
            return bool(re.search(r"\b(true|yes)\b", text, re.IGNORECASE))
        case "array":
            return []
        case "null":
            return None
        case _:
            return text
