"""Rows of any dataset that a trainer learns from, in the columns of a mixture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.row import Row

Columns = Mapping[str, Any]
_CONVERSATION = ("prompt", "messages", "tools")
_EXAMPLE = ("completion", "reasoning", "tool_calls")
_PAIR = (
    "chosen",
    "rejected",
    "chosen_reasoning",
    "rejected_reasoning",
    "chosen_tool_calls",
    "rejected_tool_calls",
)
_SIGNALS = ("p_a", "p_harmlessness", "p_helpfulness", "p_honesty")
LEARNED: Mapping[type[Row], tuple[str, ...]] = {
    MixedExample: ("prompt", "completion"),
    MixedPair: ("prompt", "chosen", "rejected"),
}


def require_columns(source: str, columns: Sequence[str], kind: type[Row]) -> None:
    """Raise BadInput where the rows of ``source`` cannot be rows of the mixture."""
    missing = [column for column in LEARNED[kind] if column not in columns]
    if missing:
        what = "a pair" if kind is MixedPair else "an example to learn"
        raise BadInput(
            f"{source} has no column {missing[0]!r}, so that its rows are not {what}: leave it out of the "
            "mixture, or mix it with datasets of its own kind"
        )


def examples(source: str, rows: Sequence[Columns]) -> Iterator[MixedExample]:
    """The rows that are learned, each content once: whole, accepted, and of the training split."""
    for row_id, row in _distinct(source, rows, _EXAMPLE):
        values = {**_shared(row_id, row), **_named(row, _EXAMPLE)}
        yield MixedExample.model_validate(dict(values, source=source))


def pairs(source: str, rows: Sequence[Columns]) -> Iterator[MixedPair]:
    """The rows in which one completion is preferred, each content once, and of the training split."""
    for row_id, row in _distinct(source, rows, _PAIR):
        label = {"label": row.get("label", "a"), "p_signals": row.get("p_signals") or []}
        values = {**_shared(row_id, row), **_named(row, (*_PAIR, *_SIGNALS)), **label}
        yield MixedPair.model_validate(dict(values, source=source))


def _named(row: Columns, names: Sequence[str]) -> dict[str, object]:
    return {name: row.get(name) for name in names}


def _distinct(source: str, rows: Sequence[Columns], learned: Sequence[str]) -> Iterator[tuple[str, Columns]]:
    seen = set[str]()
    for row in filter(_is_learned, rows):
        content = [row.get(name) for name in (*_CONVERSATION, *learned)]
        row_id = content_id(source, content)
        if row_id not in seen:
            seen.add(row_id)
            yield row_id, row


def _is_learned(row: Columns) -> bool:
    """Whether nothing that a row may say of itself keeps it from training."""
    usable = row.get("failure") is None and row.get("split", "train") == "train"
    decided = row.get("label", "a") in ("a", "b") and row.get("accepted", True) is True
    has_text = all(row.get(name) is not None for name in ("completion", "chosen", "rejected") if name in row)
    return usable and decided and has_text


def turns(row: Columns) -> list[dict[str, Any]]:
    """All turns before the completion, each with its fields that say something."""
    stored = row.get("messages") or [*row.get("history", ()), {"role": "user", "content": row["prompt"]}]
    return [{name: value for name, value in turn.items() if value is not None} for turn in stored]


def _shared(row_id: str, row: Columns) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "split_group": row.get("split_group") or row["prompt"],
        "num_tokens": None,
        **_named(row, _CONVERSATION),
    }
