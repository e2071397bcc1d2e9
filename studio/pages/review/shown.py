"""What a page shows of a task: its texts by place, and the answers that can be chosen, with their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quality.review.tasks import Task


@dataclass(frozen=True)
class Choice:
    """An answer, the key that gives it, and what its button says."""

    key: str
    answer: str
    title: str


def choices_of(task: Task) -> Sequence[Choice]:
    """The answers to a task, in the order of their keys."""
    return [Choice(str(key), choice.answer, choice.title) for key, choice in enumerate(task.choices, 1)]


def texts_of(task: Task) -> Mapping[str, str]:
    """The texts to judge by what they are called, from left to right; or one, after what stands before it."""
    if task.is_pair:
        return {"Left": task.left, "Right": task.right}
    return ({"Before": task.before} if task.before else {}) | {"To judge": task.left}


def title_of(task: Task) -> str:
    """What the answer that stands was called; raises KeyError where there is none."""
    return next(choice.title for choice in choices_of(task) if choice.answer == task.answer)
