"""Tasks: what a reviewer sees of an item, and what their answer says of it."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from datasets_registry.errors import BadInput
from datasets_registry.rows.review.labels import NO_WORD, LabelItem
from datasets_registry.rows.review.reviews import Choice, Slot
from datasets_registry.rows.review.sample import ReviewItem
from quality.review.log import Entry
from quality.review.reviewers import shown_left

# what people review: pairs, and single labels
Item = ReviewItem | LabelItem
SAMPLES: tuple[type[Item], ...] = (ReviewItem, LabelItem)
_OTHER: dict[Slot, Slot] = {"a": "b", "b": "a"}
_LONGEST_NOTE = 10_000
_DAY = 86_400.0


@dataclass(frozen=True)
class Turn:
    """A turn before the prompt."""

    role: str
    content: str


@dataclass(frozen=True)
class TaskChoice:
    """An answer that may be given, and its name in words."""

    answer: str
    title: str


PAIR_CHOICES = (
    TaskChoice("left", "Left is better"),
    TaskChoice("right", "Right is better"),
    TaskChoice("equal", "Equally good"),
    TaskChoice("both_bad", "Both are bad"),
    TaskChoice("cannot_judge", "Cannot judge"),
)


@dataclass(frozen=True)
class Task:
    """What a reviewer sees of an item; every text is untrusted.

    ``place`` is its place among the items, from 1 to ``of``. ``answer`` and ``note`` are what the reviewer
    said of it before, if anything. Where one text is judged and not two (``is_pair`` is false), it is
    ``left``, ``right`` is empty, and ``before`` is what stands before it.
    """

    item_id: str
    question: str
    history: tuple[Turn, ...]
    prompt: str
    left: str
    right: str
    place: int
    of: int
    answer: str | None = None
    note: str = ""
    choices: tuple[TaskChoice, ...] = PAIR_CHOICES
    before: str = ""
    is_pair: bool = True


def task_of(item: Item, reviewer: str, of: int, given: Entry | None) -> Task:
    """The item as ``reviewer`` sees it, and what they said of it."""
    left = left_of(item, reviewer)
    sides, choice = _sides(item, left), given.choice if given else None
    return Task(
        item.item_id,
        item.question,
        tuple(Turn(turn.role, turn.content) for turn in item.history),
        item.prompt,
        *sides,
        item.position + 1,
        of,
        _choices(item, left).get(choice) if choice else None,
        given.note if given else "",
        choices_of(item),
        item.before if isinstance(item, LabelItem) else "",
        isinstance(item, ReviewItem),
    )


def left_of(item: Item, reviewer: str) -> Slot:
    """The completion that stands on the left for a reviewer; a where only one text is judged."""
    return shown_left(reviewer, item.item_id) if isinstance(item, ReviewItem) else "a"


def choices_of(item: Item) -> tuple[TaskChoice, ...]:
    """What may be answered to an item."""
    if isinstance(item, ReviewItem):
        return PAIR_CHOICES
    return tuple(TaskChoice(word, word.replace("_", " ").capitalize()) for word in item.choices)


def _sides(item: Item, left: Slot) -> tuple[str, str]:
    if isinstance(item, LabelItem):
        return item.text, ""
    texts = {"a": item.completion_a, "b": item.completion_b}
    return texts[left], texts[_OTHER[left]]


def _choices(item: Item, left: Slot) -> dict[str, str]:
    """The answer for each choice that is kept: a side for the completion that stands there."""
    if isinstance(item, LabelItem):
        return {word: word for word in item.choices}
    return {left: "left", _OTHER[left]: "right"} | {word: word for word in ("equal", "both_bad", NO_WORD)}


def as_choice(item: Item, answer: str, left: Slot) -> Choice:
    """An answer as the completion or word that it names; raises BadInput where it is none of the item's."""
    for choice, said in _choices(item, left).items():
        if said == answer:
            return cast(Choice, choice)
    possible = ", ".join(choice.answer for choice in choices_of(item))
    raise BadInput(f"{answer!r} is no answer: give one of {possible}")


def checked_note(note: str) -> str:
    """The note as it is kept; raises BadInput where it is too long or cannot be stored."""
    if len(note) > _LONGEST_NOTE:
        raise BadInput(f"a note of {len(note)} characters is too long: write up to {_LONGEST_NOTE}")
    try:
        note.encode()
    except UnicodeEncodeError as error:
        raise BadInput("the note has half a character, which cannot be stored: write it again") from error
    return note


def checked_seconds(seconds: float | None) -> float | None:
    """How long an item was looked at, at most a day; raises BadInput where it is no time."""
    if seconds is None:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        raise BadInput(f"seconds is {seconds}: give a time of 0 or more, or none")
    return min(float(seconds), _DAY)


def now() -> str:
    """The time in UTC, as it is kept."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
