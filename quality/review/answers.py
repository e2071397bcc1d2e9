"""Answers as they stand: which of a log's entries count, were followed by another, or were taken back."""

from collections.abc import Iterable, Mapping, Sequence

from datasets_registry.rows.review.reviews import HumanReview
from quality.review.log import Entry

Place = tuple[str, str]


def standing(entries: Iterable[Entry]) -> dict[Place, Entry]:
    """The answer that counts of each reviewer and item, in the order in which they were given."""
    newest: dict[Place, Entry] = {}
    for entry in entries:
        place = entry.reviewer, entry.item_id
        newest.pop(place, None)
        if entry.choice is not None:
            newest[place] = entry
    return newest


def rows_of(entries: Sequence[Entry]) -> list[HumanReview]:
    """The answers as rows of human_reviews; a withdrawal is the state of the answer that it took back."""
    last = {(entry.reviewer, entry.item_id): number for number, entry in enumerate(entries)}
    withdrawn = _withdrawn(entries)
    rows, given = [], [(number, entry) for number, entry in enumerate(entries) if entry.choice is not None]
    for place, (number, entry) in enumerate(given):
        newest = last[entry.reviewer, entry.item_id] == number
        state = "withdrawn" if number in withdrawn else "counts" if newest else "replaced"
        row = entry.model_dump() | {"number": place, "state": state}
        rows.append(HumanReview.model_validate(row))
    return rows


def _withdrawn(entries: Sequence[Entry]) -> set[int]:
    newest: dict[Place, int] = {}
    withdrawn = set()
    for number, entry in enumerate(entries):
        place = entry.reviewer, entry.item_id
        if entry.choice is not None:
            newest[place] = number
        elif place in newest:
            withdrawn.add(newest.pop(place))
    return withdrawn


def says_the_same(entry: Entry, before: Mapping[Place, Entry]) -> bool:
    """Whether an answer is the one that counts already, such as where a page sends it a second time."""
    known = before.get((entry.reviewer, entry.item_id))
    return known is not None and (known.choice, known.note) == (entry.choice, entry.note)
