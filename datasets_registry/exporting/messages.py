"""Rows as hosted fine-tuning services take them: a JSON object with ``messages`` on each line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.exporting.conversations import Turn, answer, prompt_turns, stored_turns, tools
from datasets_registry.exporting.learned import ANSWERS, Columns, Kind, LeftOut

LINE = pa.schema([pa.field("line", pa.string(), nullable=False)])
MEANINGS = {"messages": "The conversation, whose last turn is the answer to learn"}
_TOOLS = "The tools that the assistant may call; absent where there are none"
NOTES: Mapping[Kind, str] = {
    "preference": "The rejected answers are not in the files: the chosen ones alone are learned.",
    "unpaired preference": "Completions that are not wanted are not in the files.",
}


def require_answers(kind: Kind, dataset: str) -> None:
    """Raise BadInput where rows of this kind have no answers that a service learns."""
    if kind not in ANSWERS:
        raise BadInput(
            f"rows of {dataset} are {kind} and have no answers to learn: choose --to trl, jsonl, csv, "
            "parquet or hf"
        )


def columns_of(stored: Sequence[str]) -> dict[str, str]:
    """The fields of a line with their meanings."""
    return MEANINGS | ({"tools": _TOOLS} if "tools" in stored else {})


def conversation(kind: Kind, row: Columns) -> dict[str, Any]:
    """The line of a row that is learned; raises LeftOut where its answer is not wanted.

    Services learn every turn of the assistant without a ``weight`` of 0, and rows the last, and those that
    are marked as trainable.
    """
    if kind == "unpaired preference" and not row["accepted"]:
        raise LeftOut("not wanted")
    turns, final = prompt_turns(row, _as_written), answer(row, ANSWERS[kind][0], _as_written)
    weighted = [_weighted(turn, stored) for turn, stored in zip(turns, stored_turns(row), strict=True)]
    line: dict[str, Any] = {"messages": [*weighted, final]}
    offered = tools(row)
    return line | ({"tools": offered} if offered else {})


def _as_written(arguments: str) -> str:
    return arguments


def _weighted(turn: Turn, stored: Mapping[str, Any]) -> Turn:
    is_context = turn["role"] == "assistant" and not stored.get("trainable")
    return turn | {"weight": 0} if is_context else turn


def as_lines(conversations: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """The conversations as JSON texts."""
    lines = [json.dumps(conversation, ensure_ascii=False) for conversation in conversations]
    return pa.RecordBatch.from_arrays([pa.array(lines, pa.string())], schema=LINE)
