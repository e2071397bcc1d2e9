"""Rows as TRL's trainers read them: conversational where TRL's type has such a form."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import JsonValue

from datasets_registry.exporting.conversations import (
    answer,
    prompt_turns,
    read_arguments,
    stored_turns,
    tools,
)
from datasets_registry.exporting.learned import ANSWERS, Columns, Kind, LeftOut, step_labels

if TYPE_CHECKING:
    from datasets import Features

_PROMPT = "The conversation up to the answer"
MEANINGS: Mapping[Kind, Mapping[str, str]] = {
    "preference": {"prompt": _PROMPT, "chosen": "The better answer", "rejected": "The worse answer"},
    "prompt-completion": {"prompt": _PROMPT, "completion": "The answer to learn"},
    "unpaired preference": {
        "prompt": _PROMPT,
        "completion": "An answer",
        "label": "Whether it is wanted",
    },
    "stepwise supervision": {
        "prompt": "What the user says",
        "completions": "The steps of a solution",
        "labels": "Whether each step is right",
    },
    "prompts": {"prompt": _PROMPT, "answer": "Gold answer, which a reward function is given"},
}
_TOOLS = "The tools that the assistant may call"


def columns_of(kind: Kind, stored: Sequence[str]) -> dict[str, str]:
    """The columns of an export with their meanings; tools and gold answers where the version has them."""
    columns = {name: text for name, text in MEANINGS[kind].items() if name != "answer" or "answer" in stored}
    return columns | ({"tools": _TOOLS} if "tools" in stored and kind != "stepwise supervision" else {})


def features_of(kind: Kind, columns: Sequence[str]) -> "Features":
    """The types of the columns: turns and tools are JSON, so that each keeps the fields that it has."""
    # a second to import, so only where it is used
    from datasets import Features, Json, List, Value

    plain = {
        "label": Value("bool"),
        "answer": Value("string"),
        "completions": List(Value("string")),
        "labels": List(Value("bool")),
    }
    if kind == "stepwise supervision":
        plain["prompt"] = Value("string")
    return Features({name: plain.get(name, List(Json())) for name in columns})


def example(kind: Kind, row: Columns) -> dict[str, Any]:
    """What TRL is given of a row that is learned; raises LeftOut where its type has no place for it."""
    if kind == "stepwise supervision":
        return _solution(row)
    turns = prompt_turns(row, read_arguments)
    if turns[-1]["role"] not in ("user", "tool"):
        raise LeftOut("no turn of the user or of a tool before the answer")
    answers = {column: [answer(row, column, read_arguments)] for column in ANSWERS.get(kind, ())}
    more = {"label": row.get("accepted"), "answer": row.get("answer"), "tools": tools(row) or None}
    return {"prompt": turns, **answers, **more}


def _solution(row: Columns) -> dict[str, Any]:
    if len(stored_turns(row)) > 1:
        raise LeftOut("earlier turns, for which stepwise supervision has no place")
    labels = step_labels(row)
    return {"prompt": row["prompt"], "completions": row["completions"][: len(labels)], "labels": labels}


def as_batch(examples: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    """The examples as Arrow, JSON as text."""
    columns = [_column([one[field.name] for one in examples], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind != _json_list():
        return pa.array(values, kind)
    texts = [None if value is None else [_text(part) for part in value] for value in values]
    return pa.array(texts, pa.list_(pa.string())).cast(kind)


@cache
def _json_list() -> pa.DataType:
    return pa.list_(pa.json_())


def _text(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
