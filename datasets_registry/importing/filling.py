"""Whole rows from the columns of a file: ids from content, split, source and licence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.importing.coercion import coerced
from datasets_registry.importing.forms.dialogue import last_prompt
from datasets_registry.importing.groups import conversation_group, conversation_id
from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.imported import (
    Demonstration,
    HumanPreference,
    Problem,
    StepwiseSupervision,
    UnpairedPreference,
)
from datasets_registry.rows.oversight.questions import PassageQuestion
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row, arrow_schema

# the columns that a row's id is the hash of; their texts must not be empty
IDENTITY: dict[type[Row], tuple[str, ...]] = {
    RedTeamPrompt: ("prompt",),
    HelpfulPrompt: ("prompt",),
    Problem: ("prompt", "answer"),
    HumanPreference: ("messages", "chosen", "rejected"),
    Demonstration: ("messages", "completion"),
    UnpairedPreference: ("messages", "completion"),
    StepwiseSupervision: ("prompt", "completions"),
    PassageQuestion: ("passage", "prompt", "right_answer", "wrong_answer"),
}
# columns that are part of the id where a row has them, so that older ids stay; the calls of texts without any
_CALLS = {"completion": "tool_calls", "chosen": "chosen_tool_calls", "rejected": "rejected_tool_calls"}
_ALSO = ("tools", "reasoning", "chosen_reasoning", "rejected_reasoning", *_CALLS.values())


@dataclass(frozen=True)
class Given:
    """Values for all rows by the person who imports; None leaves a value to the file."""

    split: str | None = None
    source: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        """Raise BadInput for a value that says nothing."""
        for name, value in self.named().items():
            if not value.strip():
                raise BadInput(f"{name} is {value!r}: name one, or leave it out")

    def named(self) -> dict[str, str]:
        """The values that are not None, by column."""
        return {name: value for name, value in vars(self).items() if value is not None}


def required_columns(row: type[Row]) -> list[str]:
    """The columns that a file, or a map, must have for ``row``."""
    optional = {field.name for field in arrow_schema(row) if field.nullable}
    optional |= {name for name, field in row.model_fields.items() if not field.is_required()}
    if row in IDENTITY:
        optional |= {*row.key, "messages", "split", "split_group", "source", "licence"}
    return [name for name in row.model_fields if name not in optional]


def filled(
    row: type[Row], columns: Columns, given: Given, default: Mapping[str, str], is_whole: bool = False
) -> Row:
    """The row with these columns, and with the rest filled in; raises Rejected with the reason.

    A row that ``is_whole`` was in a version before, so that nothing is missing, and no text or number is
    doubted.
    """
    schema = arrow_schema(row)
    columns = {
        name: value for name, value in {**columns, **given.named()}.items() if name in row.model_fields
    }
    values = {
        name: coerced(name, value, schema.field(name).type)
        for name, value in columns.items()
        if value is not None or row.model_fields[name].is_required() or schema.field(name).nullable
    }
    for name in required_columns(row):
        if name not in values:
            raise Rejected(f"column {name} is missing")
    if row in IDENTITY and not is_whole:
        _complete(row, values, default)
    nulls = {field.name: None for field in schema if field.nullable}
    defaults = {
        name: field.get_default() for name, field in row.model_fields.items() if not field.is_required()
    }
    if not is_whole:
        _require_finite(values)
    return _validated(row, nulls | defaults | values)


def _complete(row: type[Row], values: dict[str, Value], default: Mapping[str, str]) -> None:
    """Add what is missing of a row type with an id from content."""
    if "messages" in row.model_fields and "messages" not in values:
        values["messages"] = [{"role": "user", "content": values["prompt"]}]
        last_prompt(values["messages"])
    for name in IDENTITY[row]:
        has_calls = name in _CALLS and values.get(_CALLS[name])
        if isinstance(values[name], str) and not values[name].strip() and not has_calls:
            raise Rejected(f"{name} is empty")
    for name in ("split", "source", "licence"):
        if name in row.model_fields and name not in values:
            if name not in default:
                raise Rejected(f"column {name} is missing")
            values[name] = default[name]
    history = _said(values.get("history"))
    if "split_group" in row.model_fields and "split_group" not in values:
        values["split_group"] = conversation_group(str(values.get("passage", values["prompt"])), history)
    if row.key[0] not in values:
        parts = [values[name] for name in IDENTITY[row]]
        parts += [[name, values[name]] for name in _ALSO if values.get(name)]
        values[row.key[0]] = conversation_id(parts, history)


def _said(history: Value) -> list[tuple[str, str]]:
    """Role and text of the turns before a prompt; raises Rejected where they are none that can be."""
    turns = history or []
    if not isinstance(turns, list) or any(not isinstance(turn, dict) for turn in turns):
        raise Rejected("history is not a list of messages with role and content")
    said = [(turn.get("role"), turn.get("content")) for turn in turns]
    if any(not isinstance(part, str) for turn in said for part in turn):
        raise Rejected("history has a message without role or content")
    if said and said[-1][0] not in ("assistant", "system"):
        raise Rejected(f"history ends with the {said[-1][0]}'s turn, and not with an answer")
    return said


def _validated(row: type[Row], values: Columns) -> Row:
    for field in arrow_schema(row):
        if values[field.name] is None and not field.nullable:
            raise Rejected(f"{field.name} is null")
    try:
        return row.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Rejected(f"{first['loc'][0]}: {first['msg']}") from None


def _require_finite(values: Columns) -> None:
    for name, value in values.items():
        if not _is_finite(value):
            raise Rejected(f"{name} is NaN or infinite")


def _is_finite(value: Value) -> bool:
    """Whether no number in it is NaN or infinite."""
    if isinstance(value, float):
        return math.isfinite(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(_is_finite, inner))
