"""Whole rows from what a file says of them: ids from content, split, source and licence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from datasets_registry.importing.coercion import coerced
from datasets_registry.importing.dialogue import last_prompt
from datasets_registry.importing.groups import conversation_group, conversation_id
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row, arrow_schema

# what a row's id is the hash of; text in it may not be empty
IDENTITY: dict[type[Row], tuple[str, ...]] = {
    RedTeamPrompt: ("prompt",),
    HelpfulPrompt: ("prompt",),
    Problem: ("prompt", "answer"),
    HumanPreference: ("messages", "chosen", "rejected"),
    Demonstration: ("messages", "completion"),
}


@dataclass(frozen=True)
class Given:
    """What the person who imports says of all rows; None leaves it to the file."""

    split: str | None = None
    source: str | None = None
    licence: str | None = None

    def named(self) -> dict[str, str]:
        """Those that were given."""
        return {name: value for name, value in vars(self).items() if value is not None}


def wanted(row: type[Row]) -> list[str]:
    """The columns that a file, or a map, must have for ``row``."""
    optional = {field.name for field in arrow_schema(row) if field.nullable}
    optional |= {name for name, field in row.model_fields.items() if not field.is_required()}
    if row in IDENTITY:
        optional |= {*row.key, "messages", "split", "split_group", "source", "licence"}
    return [name for name in row.model_fields if name not in optional]


def filled(row: type[Row], said: Mapping[str, Any], given: Given, default: Mapping[str, str]) -> Row:
    """The row that ``said`` says, with the rest filled in; raises Rejected with the reason."""
    schema = arrow_schema(row)
    said = {name: value for name, value in {**said, **given.named()}.items() if name in row.model_fields}
    values = {name: coerced(name, value, schema.field(name).type) for name, value in said.items()}
    for name in wanted(row):
        if name not in values:
            raise Rejected(f"column {name} is missing")
    if row in IDENTITY:
        _complete(row, values, default)
    nulls = {field.name: None for field in schema if field.nullable}
    defaults = {
        name: field.get_default() for name, field in row.model_fields.items() if not field.is_required()
    }
    return _validated(row, nulls | defaults | values)


def _complete(row: type[Row], values: dict[str, Any], default: Mapping[str, str]) -> None:
    if "messages" in row.model_fields and "messages" not in values:
        values["messages"] = [{"role": "user", "content": values["prompt"]}]
        last_prompt(values["messages"])
    for name in IDENTITY[row]:
        if isinstance(values[name], str) and not values[name].strip():
            raise Rejected(f"{name} is empty")
    for name in ("split", "source", "licence"):
        if name in row.model_fields and name not in values:
            values[name] = default[name]
    said = [(one["role"], one["content"]) for one in values.get("history", [])]
    if "split_group" in row.model_fields and "split_group" not in values:
        values["split_group"] = conversation_group(str(values["prompt"]), said)
    if row.key[0] not in values:
        values[row.key[0]] = conversation_id([values[name] for name in IDENTITY[row]], said)


def _validated(row: type[Row], values: Mapping[str, Any]) -> Row:
    for field in arrow_schema(row):
        if values[field.name] is None and not field.nullable:
            raise Rejected(f"{field.name} is null")
    try:
        return row.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Rejected(f"{first['loc'][0]}: {first['msg']}") from None
