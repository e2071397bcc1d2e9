"""Tasks: what a reviewer sees of an item, and what their answer says of it."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from datasets_registry.errors import BadInput
from datasets_registry.rows.review.reviews import Choice, Slot
from datasets_registry.rows.review.sample import ReviewItem
from quality.review.log import Entry
from quality.review.reviewers import shown_left

Answer = Literal["left", "right", "equal", "both_bad", "cannot_judge"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
_OTHER: dict[Slot, Slot] = {"a": "b", "b": "a"}
_LONGEST_NOTE = 10_000
_DAY = 86_400.0


@dataclass(frozen=True)
class Turn:
    """A turn before the prompt."""

    role: str
    content: str


@dataclass(frozen=True)
class Task:
    """What a reviewer sees of an item; every text is untrusted.

    ``place`` is its place among the items, from 1 to ``of``. ``answer`` and ``note`` are what the reviewer
    said of it before, if anything.
    """

    item_id: str
    question: str
    history: tuple[Turn, ...]
    prompt: str
    left: str
    right: str
    place: int
    of: int
    answer: Answer | None = None
    note: str = ""


def task_of(item: ReviewItem, reviewer: str, of: int, given: Entry | None) -> Task:
    """The item as ``reviewer`` sees it, and what they said of it."""
    left = shown_left(reviewer, item.item_id)
    texts = {"a": item.completion_a, "b": item.completion_b}
    return Task(
        item.item_id,
        item.question,
        tuple(Turn(turn.role, turn.content) for turn in item.history),
        item.prompt,
        texts[left],
        texts[_OTHER[left]],
        item.position + 1,
        of,
        as_answer(given.choice, left) if given and given.choice else None,
        given.note if given else "",
    )


def as_answer(choice: Choice, left: Slot) -> Answer:
    """A choice as the side that it names."""
    if choice == "a" or choice == "b":
        return "left" if choice == left else "right"
    return choice


def as_choice(answer: str, left: Slot) -> Choice:
    """An answer as the completion that it names; raises BadInput where it is none of the five."""
    choices: dict[str, Choice] = {
        "left": left,
        "right": _OTHER[left],
        "equal": "equal",
        "both_bad": "both_bad",
        "cannot_judge": "cannot_judge",
    }
    if answer in choices:
        return choices[answer]
    raise BadInput(f"{answer!r} is no answer: give one of {', '.join(ANSWERS)}")


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
