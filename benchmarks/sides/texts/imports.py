"""What import makes of each public form: files of 200 records, 5 of them damaged in different ways."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure, repeated
from benchmarks.sides.texts.forms import FORMS, Form
from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import Imported, import_rows
from datasets_registry.importing.source import open_source
from datasets_registry.rows.types import ROW_TYPES

RECORDS = 200
# the place of the first damaged record, and how far it is to the next
EVERY = 40


def import_figures(folder: Path, forms: Sequence[Form] = FORMS) -> Iterator[Figure]:
    """Of each form the rows, damaged records that are rejected, others that are lost, columns, reasons."""
    for form in forms:
        found = imported(folder, form)
        rejected = {rejection.line for rejection in found.rejections}
        damaged = set(range(1, RECORDS + 1, EVERY))
        unused = set(found.unused()) & set(form.unused)
        for what, value, expected in (
            ("rows", found.accepted, form.rows),
            ("damaged records rejected", len(rejected & damaged), len(damaged)),
            ("other records rejected", len(rejected - damaged), form.others),
            ("unused columns named", len(unused), len(form.unused)),
        ):
            yield repeated(f"{form.name}: {what}", [value], "count", f"== {expected}")
        for reason, count in found.counts().items():
            yield Figure(name=f"{form.name}: {reason}", value=count, unit="records")


def imported(folder: Path, form: Form) -> Imported:
    """What becomes of the form's file, all rows of which are taken."""
    path = folder / "records.jsonl"
    path.write_text("".join(f"{_line(form, number)}\n" for number in range(RECORDS)))
    found = import_rows(open_source(str(path)), list(ROW_TYPES.values()), {}, Given())
    for _ in found.rows:
        pass
    return found


def _line(form: Form, number: int) -> str:
    record, (place, is_whole) = form.make(number), divmod(number, EVERY)
    if is_whole:
        return json.dumps(record)
    if not place:
        return json.dumps(record)[:-1]
    damages = ({form.column: None}, {form.column: 7}, {form.column: " "}, form.fault)
    return json.dumps({**record, **damages[place - 1]})
