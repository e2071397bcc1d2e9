"""What is learned from the rows of a type, told by its columns, and which rows nothing is learned from."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any, Literal

from datasets_registry.errors import BadInput
from datasets_registry.rows.row import Row

Columns = Mapping[str, Any]
Kind = Literal["preference", "stepwise supervision", "unpaired preference", "prompt-completion", "prompts"]

# the first whose columns a row type has; they are what our own trainers read
_COLUMNS: Mapping[Kind, frozenset[str]] = {
    "preference": frozenset({"prompt", "chosen", "rejected"}),
    "stepwise supervision": frozenset({"prompt", "completions", "labels"}),
    "unpaired preference": frozenset({"prompt", "completion", "accepted"}),
    "prompt-completion": frozenset({"prompt", "completion"}),
    "prompts": frozenset({"prompt", "split"}),
}
# what may come with an answer, each named after it where a row has two
_WITH_ANSWER = ("reasoning", "tool_calls")
ANSWERS: Mapping[Kind, Sequence[str]] = {
    "preference": ("chosen", "rejected"),
    "unpaired preference": ("completion",),
    "prompt-completion": ("completion",),
}
# columns that say which rows are learned, and how
_RULING = frozenset({"history", "messages", "tools", "label", "failure", "finish_reason", "hinted", "split"})
_MORE: Mapping[Kind, frozenset[str]] = {"stepwise supervision": frozenset({"implied"})}


class LeftOut(Exception):
    """A row that nothing is learned from; its text is the reason."""


def kind_of(row: type[Row]) -> Kind:
    """What is learned from rows of this type; raises BadInput where that is nothing.

    A completion is learned for its own sake only where no other column says what it is good for.
    """
    for kind, columns in _COLUMNS.items():
        if columns <= row.model_fields.keys() and not (kind == "prompt-completion" and row.label_columns):
            return kind
    raise BadInput(
        f"no trainer learns from rows of {row.dataset}: export pairs, verdicts, step labels, completions to "
        "learn or prompts, or choose --to jsonl, csv, parquet or hf"
    )


def columns_used(kind: Kind) -> frozenset[str]:
    """The columns that an export for trainers reads."""
    with_answers = {_named(column, part) for column in ANSWERS.get(kind, ()) for part in _WITH_ANSWER}
    return _COLUMNS[kind] | _MORE.get(kind, frozenset()) | _RULING | with_answers


def stored_answer(row: Columns, column: str) -> Columns:
    """The answer in ``column`` as a stored turn: its text, thought and calls of tools."""
    parts = {part: row.get(_named(column, part)) for part in _WITH_ANSWER}
    return {"role": "assistant", "content": row[column], **parts}


def _named(column: str, part: str) -> str:
    return part if column == "completion" else f"{column}_{part}"


def require_learned(kind: Kind, row: Columns) -> None:
    """Raise LeftOut where nothing is learned from ``row``."""
    _require_ended(row)
    if kind in _RULES:
        _RULES[kind](row)


def _require_ended(row: Columns) -> None:
    ending = row.get("finish_reason") or "stop"
    if ending == "length":
        raise LeftOut("cut off")
    if ending == "error":
        raise LeftOut("failed")


def _require_pair(row: Columns) -> None:
    label = row.get("label", "a")
    if label not in ("a", "b"):
        raise LeftOut("no label" if label is None else str(label))
    _require_done(row)
    if row["chosen"] is None or row["rejected"] is None:
        raise LeftOut("no label")
    if stored_answer(row, "chosen") == stored_answer(row, "rejected"):
        raise LeftOut("equal answers")


def _require_verdict(row: Columns) -> None:
    _require_done(row)
    if row["accepted"] is None:
        raise LeftOut("no verdict")
    if row.get("hinted"):
        raise LeftOut("shown a hint")


def _require_done(row: Columns) -> None:
    if row.get("failure") is not None:
        raise LeftOut("failed")


def step_labels(row: Columns) -> list[bool]:
    """The labels, measured or implied, of the steps before the first that has none."""
    implied = row.get("implied") or [None] * len(row["labels"])
    labels = [own if own is not None else other for own, other in zip(row["labels"], implied, strict=True)]
    return list(takewhile(lambda label: label is not None, labels))


def _require_steps(row: Columns) -> None:
    _require_done(row)
    if not step_labels(row):
        raise LeftOut("no label of the first step")


_RULES: Mapping[Kind, Callable[[Columns], None]] = {
    "preference": _require_pair,
    "stepwise supervision": _require_steps,
    "unpaired preference": _require_verdict,
    "prompt-completion": _require_done,
}
