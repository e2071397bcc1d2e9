"""What a form takes of a version's rows: all of them as they are, or what a trainer learns from."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Protocol

import pyarrow as pa

from datasets_registry.cards.forms import Contents, Form
from datasets_registry.exporting import messages, trl
from datasets_registry.exporting.conversations import stored_turns
from datasets_registry.exporting.learned import (
    ANSWERS,
    Columns,
    Kind,
    LeftOut,
    columns_used,
    kind_of,
    require_learned,
    stored_answer,
)
from datasets_registry.rows.named import naming
from datasets_registry.rows.row import Row


class Taking(Protocol):
    """Makes the batches of an export from the stored ones, and knows afterwards what is in it."""

    schema: pa.Schema

    def taken(self, batch: pa.RecordBatch) -> pa.RecordBatch: ...

    def contents(self) -> Contents: ...


def taking(form: Form, row: type[Row], stored: pa.Schema, system_text: str | None = None) -> Taking:
    """What ``form`` takes of rows of this type, ``system_text`` before the prompts.

    Raises BadInput where a form for trainers takes nothing of them.
    """
    if form == "trl":
        return _for_trl(row, stored.names, system_text)
    if form == "messages":
        return _for_services(row, stored.names, system_text)
    return _Whole(form, naming(stored, row))


class _Whole:
    def __init__(self, form: Form, schema: pa.Schema) -> None:
        self._form, self.schema, self._rows = form, schema, 0

    def taken(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._rows += batch.num_rows
        return batch

    def contents(self) -> Contents:
        return Contents(self._form, self._rows)


def _for_trl(row: type[Row], stored: Sequence[str], system_text: str | None) -> Taking:
    kind = kind_of(row)
    columns = trl.columns_of(kind, stored)
    schema = trl.features_of(kind, list(columns)).arrow_schema
    return _Learned(
        "trl",
        kind,
        schema,
        columns,
        trl.example,
        lambda examples: trl.as_batch(examples, schema),
        [f"The rows are of TRL's type {kind}.", *_columns_note(kind, stored)],
        system_text,
    )


def _for_services(row: type[Row], stored: Sequence[str], system_text: str | None) -> Taking:
    kind = kind_of(row)
    messages.require_answers(kind, row.dataset)
    return _Learned(
        "messages",
        kind,
        messages.LINE,
        messages.columns_of(stored),
        messages.conversation,
        messages.as_lines,
        [*filter(None, [messages.NOTES.get(kind)]), *_columns_note(kind, stored)],
        system_text,
    )


def _columns_note(kind: Kind, stored: Sequence[str]) -> Iterator[str]:
    unused = [name for name in stored if name not in columns_used(kind)]
    if unused:
        yield f"Columns that are not in the files: {', '.join(unused)}."


@dataclass
class _Learned:
    """The rows that are learned from, each as ``example`` has it."""

    form: Form
    kind: Kind
    schema: pa.Schema
    columns: Mapping[str, str]
    example: Callable[[Kind, Columns], dict[str, Any]]
    batch: Callable[[Sequence[dict[str, Any]]], pa.RecordBatch]
    notes: Sequence[str]
    system_text: str | None
    rows: int = 0
    opened: int = 0
    marked: int = 0
    thoughts: int = 0
    shortened: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def taken(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        examples = [made for row in batch.to_pylist() if (made := self._made(row)) is not None]
        self.rows += len(examples)
        return self.batch(examples)

    def _made(self, row: Columns) -> dict[str, Any] | None:
        try:
            require_learned(self.kind, row)
            opened = self._opened(row)
            made = self.example(self.kind, opened)
        except LeftOut as why:
            self.left_out[str(why)] += 1
            return None
        self.opened += opened is not row
        turns = [*stored_turns(row), *(stored_answer(row, name) for name in ANSWERS.get(self.kind, ()))]
        self.marked += any(turn.get("trainable") for turn in turns)
        self.thoughts += any(turn.get("reasoning") is not None for turn in turns)
        self.shortened += "labels" in made and len(made["labels"]) < len(row["completions"])
        return made

    def _opened(self, row: Columns) -> Columns:
        """The row with the system text as its first turn, before its own in the same turn, as in training."""
        if self.system_text is None or self.kind == "stepwise supervision":
            return row
        turns = stored_turns(row)
        own = list(takewhile(lambda turn: turn["role"] == "system", turns))
        text = "\n\n".join([self.system_text, *(turn["content"] for turn in own)])
        return {**row, "messages": [{"role": "system", "content": text}, *turns[len(own) :]]}

    def contents(self) -> Contents:
        notes = [*self.notes, *self._turn_notes()]
        return Contents(self.form, self.rows, self.columns, dict(self.left_out.most_common()), notes)

    def _turn_notes(self) -> Iterator[str]:
        if self.system_text is not None and self.opened < self.rows:
            yield f"{self.rows - self.opened} rows are without the system text of the sampled completions."
        if self.opened:
            yield f"{self.opened} rows begin with the system text of the sampled completions."
        if self.shortened:
            yield f"{self.shortened} rows end before their first step without a label."
        if self.form == "trl" and self.marked:
            yield (
                f"{self.marked} rows mark turns before the answer as trainable: this type has no place for "
                "it, and the answer alone is learned."
            )
        if self.thoughts:
            reader = "chat template reads" if self.form == "trl" else "service takes"
            yield f"{self.thoughts} rows have thought as `reasoning_content`, which not every {reader}."
