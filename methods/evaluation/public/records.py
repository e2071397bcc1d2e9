"""The records of a public set as items: what each record gives, or why it gives none."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets_registry.hashing import content_id
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.closed import unclear
from methods.evaluation.measures import ALL
from methods.evaluation.public.published import PublicSet
from methods.evaluation.public.texts import is_seen
from methods.evaluation.suite import PLAIN

if TYPE_CHECKING:
    from datasets_registry.importing.records import Record
    from datasets_registry.importing.source import Source


@dataclass(frozen=True)
class ReadRecord:
    """The items of a record, which are its variants, or one row that says why there are none."""

    public: PublicSet
    place: str
    items: Sequence[EvaluationItem]

    @property
    def failure(self) -> str | None:
        """Why it has no item."""
        return next((item.failure for item in self.items if item.failure), None)

    def rejected(self, why: str) -> "ReadRecord":
        """The same record with the reason alone."""
        return ReadRecord(self.public, self.place, [_no_item(self.public, self.place, why)])


def read_records(public: PublicSet, sources: Sequence["Source"]) -> Iterator[ReadRecord]:
    """Each record of the set's files, in order."""
    for source in sources:
        # a file of a folder is told by its name
        within = f"{source.name} " if len(sources) > 1 else ""
        for record in source.records():
            empty = ReadRecord(public, within + source.place(record), [])
            try:
                yield ReadRecord(public, empty.place, _items(public, record))
            except Rejected as error:
                yield empty.rejected(str(error))


def _items(public: PublicSet, record: "Record") -> Sequence[EvaluationItem]:
    if record.failure:
        raise Rejected(record.failure)
    try:
        json.dumps(record.columns, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise Rejected("half of a surrogate pair, which is not text") from None
    items = public.read(record.columns)
    for item in items:
        _require_clear(item)
    return [item.model_copy(update={"category": item.category.strip()}) for item in items]


def _require_clear(item: EvaluationItem) -> None:
    """Raise Rejected for an item that nobody could answer, or of which nobody could read the answer."""
    turns = [*(message.content for message in item.messages), *item.follow_ups]
    if not all(map(is_seen, turns)):
        raise Rejected("a turn has no visible character")
    if not is_seen(item.category):
        raise Rejected("its category is empty")
    if item.category.strip().casefold() == ALL:
        raise Rejected(f"its category is {item.category!r}, the name of figures over all items: rename it")
    if item.choices and (why := unclear(item.choices)):
        raise Rejected(why)


def _no_item(public: PublicSet, place: str, why: str) -> EvaluationItem:
    return EvaluationItem(
        suite=public.suite,
        item_id=content_id(public.suite, public.name, place),
        variant=PLAIN,
        cluster=public.name,
        category=public.name,
        messages=[],
        failure=f"{place}: {why}",
        source=public.name,
        licence="unknown",
    )
