"""The forms of review files: JSON lines, CSV, Label Studio tasks and Argilla 2 datasets on disk."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from quality.review.exchange.argilla import read_argilla, write_argilla
from quality.review.exchange.asked import Asked
from quality.review.exchange.label_studio import read_label_studio, write_label_studio

# what a person fills in
_ANSWERED = ("reviewer", "answer", "note")
_COLUMNS = (*Asked.model_fields, *_ANSWERED)
# with these a cell would be a formula to a spreadsheet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Form:
    """How tasks are written into a folder, and answers are read from a file."""

    write: Callable[[Sequence[Asked], Path], None]
    read: Callable[[Path], Iterator[Mapping[str, Any]]]


def _write_jsonl(tasks: Sequence[Asked], folder: Path) -> None:
    blank = dict.fromkeys(_ANSWERED, "")
    lines = (json.dumps(task.model_dump() | blank, ensure_ascii=False) for task in tasks)
    (folder / "tasks.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _read_jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _write_csv(tasks: Sequence[Asked], folder: Path) -> None:
    with (folder / "tasks.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, quoting=csv.QUOTE_ALL, restval="")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in task.model_dump().items()} for task in tasks)


def _cell(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _read_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


FORMS: Mapping[str, Form] = {
    "jsonl": Form(_write_jsonl, _read_jsonl),
    "csv": Form(_write_csv, _read_csv),
    "label_studio": Form(write_label_studio, read_label_studio),
    "argilla": Form(write_argilla, read_argilla),
}

_BY_SUFFIX: Mapping[str, str] = {".jsonl": "jsonl", ".csv": "csv", ".json": "label_studio"}


def form_of(path: Path) -> str:
    """The form that a file's name says; raises BadInput where it says none."""
    form = "argilla" if path.is_dir() or path.name == "records.json" else _BY_SUFFIX.get(path.suffix.lower())
    if form is None:
        raise BadInput(f"the name of {path} does not say its form: give --from, one of {', '.join(FORMS)}")
    return form
