"""Records that ask the same: those that contradict each other are no items, others are of one cluster."""

import unicodedata
from collections.abc import Hashable, Iterable, Sequence

from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.records import ReadRecord


def without_contradictions(records: Iterable[ReadRecord]) -> list[ReadRecord]:
    """The records in order, texts that differ by white space alone taken for one.

    Where such records have different answers nobody knows which is right, so that none of them is an item.
    Those of one answer are no independent items: they are of the first one's cluster, and equal ones stand
    there once.
    """
    read = list(records)
    alike: dict[Hashable, list[int]] = {}
    for place, record in enumerate(read):
        if record.items and not record.failure:
            alike.setdefault(_asked(record.items), []).append(place)
    for places in alike.values():
        for place, record in zip(places, _settled([read[place] for place in places]), strict=True):
            read[place] = record
    return read


def _settled(alike: Sequence[ReadRecord]) -> Sequence[ReadRecord]:
    """Records that ask the same, each as it is used; one without items is not."""
    if len({_answers(record.items) for record in alike}) > 1:
        others = [_others(alike, place) for place in range(len(alike))]
        return [
            record.rejected(f"it asks the same as {there}, and has another answer: remove the wrong one")
            for record, there in zip(alike, others, strict=True)
        ]
    known: set[str] = set()
    settled = []
    for record in alike:
        ids = {item.item_id for item in record.items}
        settled.append(_clustered(record, alike[0]) if ids.isdisjoint(known) else _emptied(record))
        known |= ids
    return settled


def _others(alike: Sequence[ReadRecord], place: int) -> str:
    other = alike[0] if place else alike[1]
    within = f"{other.public.name}, " if other.public != alike[place].public else ""
    return f"{within}{other.place}"


def _clustered(record: ReadRecord, first: ReadRecord) -> ReadRecord:
    cluster = first.items[0].cluster
    items = [item.model_copy(update={"cluster": cluster}) for item in record.items]
    return ReadRecord(record.public, record.place, items)


def _emptied(record: ReadRecord) -> ReadRecord:
    return ReadRecord(record.public, record.place, [])


def _asked(items: Sequence[EvaluationItem]) -> Hashable:
    """What the user says in all variants together, whatever the order of options in each."""
    turns = ([*(message.content for message in item.messages), *item.follow_ups] for item in items)
    return items[0].suite, frozenset(tuple(map(_plain, said)) for said in turns)


def _answers(items: Sequence[EvaluationItem]) -> Hashable:
    """The right answers of each variant; where none is right, what stands first decides its figures."""
    return frozenset(
        (
            item.variant,
            tuple(sorted(map(_plain, item.choices)) if item.gold else map(_plain, item.choices)),
            frozenset(map(_plain, item.gold)),
            item.reference,
        )
        for item in items
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
