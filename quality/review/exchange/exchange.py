"""Review tasks out, answers in: what is not of the sample is refused with its reason."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.exporting.places import require_empty
from quality.review.answers import Place, says_the_same, standing
from quality.review.desk import Desk
from quality.review.exchange.asked import Given, asked
from quality.review.exchange.forms import FORMS, Form
from quality.review.log import Entry
from quality.review.reviewers import reviewer_name
from quality.review.tasks import left_of

DOUBLED = "the file has several answers of one reviewer to one item: keep the row that counts"


@dataclass(frozen=True)
class Taken:
    """How many answers were kept, were kept before, or were left blank; and why others were refused."""

    kept: int = 0
    known: int = 0
    blank: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


def export_tasks(desk: Desk, form: str, folder: Path) -> int:
    """Write the sample's items into an empty folder; how many. Raises BadInput for an unknown form."""
    chosen = _form(form)
    require_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tasks = asked(desk)
    chosen.write(tasks, folder)
    return len(tasks)


def import_answers(desk: Desk, form: str, path: Path, reviewer: str | None = None) -> Taken:
    """Keep the answers of a file; the same file again keeps nothing more.

    ``reviewer`` is whose they are where the file does not say. Raises BadInput where the file cannot be read
    in that form, or the name is none.
    """
    whose = {"reviewer": reviewer_name(reviewer)} if reviewer is not None else {}
    try:
        rows = list(_form(form).read(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} cannot be read as {form} ({error}): export the answers again") from error
    entries, refused, blank = list[Entry](), Counter[str](), 0
    for row in rows:
        if not str(row.get("answer") or "").strip():
            blank += 1
            continue
        try:
            entries.append(_entry(desk, row, whose))
        except BadInput as error:
            refused[str(error)] += 1
    refused[DOUBLED] = len(entries)
    entries = _not_doubled(entries)
    refused[DOUBLED] -= len(entries)
    kept = _kept(desk, entries)
    return Taken(kept, len(entries) - kept, blank, dict(+refused))


def _form(form: str) -> Form:
    if form not in FORMS:
        raise BadInput(f"{form!r} is no form of review files: give one of {', '.join(FORMS)}")
    return FORMS[form]


def _entry(desk: Desk, row: Mapping[str, Any], otherwise: Mapping[str, str]) -> Entry:
    values = {name: row[name] for name in Given.model_fields if row.get(name) not in (None, "")}
    try:
        given = Given.model_validate({**otherwise, **values})
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise BadInput(f"{place}: {error.errors()[0]['msg'].lower()}") from error
    if given.sample != str(desk.version):
        raise BadInput(f"it is for {given.sample}, and {desk.version} is open: name that sample by --sample")
    item = desk.items.get(given.id)
    left = left_of(item, "") if item else "a"
    return desk.entry(given.reviewer, given.id, given.answer.strip(), given.note, given.seconds, left)


def _not_doubled(entries: Sequence[Entry]) -> list[Entry]:
    """Those of items to which their reviewer gives one answer alone; rows of a file have no newest."""
    said: dict[Place, set[str | None]] = {}
    for entry in entries:
        said.setdefault((entry.reviewer, entry.item_id), set()).add(entry.choice)
    return [entry for entry in entries if len(said[entry.reviewer, entry.item_id]) == 1]


def _kept(desk: Desk, entries: list[Entry]) -> int:
    """Add the answers that are new, in one piece; how many."""
    with desk.log.appending() as log:
        new = list[Entry]()
        for entry in entries:
            if not says_the_same(entry, standing([*log.entries, *new])):
                new.append(entry)
        log.append(new)
    return len(new)


def refusals(taken: Taken) -> Iterator[str]:
    """A line for each reason."""
    yield from (f"{count} × {reason}" for reason, count in taken.refused.items())
