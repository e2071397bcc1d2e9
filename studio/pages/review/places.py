"""Addresses of the review pages: a reviewer's next item, one item, and their end."""

from collections.abc import Iterable

from quality.review.tasks import Task
from studio.pages.review.told import told
from studio.rendering import address


def item_address(reference: str, reviewer: str, item_id: str = "", words: Iterable[str] = ()) -> str:
    """An item, the next one without ``item_id``; ``words`` are what it tells of the answer before."""
    return address("review/items", reference, reviewer=reviewer, item=item_id, told=told(words))


def end_address(reference: str, reviewer: str, words: Iterable[str] = ()) -> str:
    """The page of a reviewer's own progress."""
    return address("review/end", reference, reviewer=reviewer, told=told(words))


def next_address(task: Task | None, reference: str, reviewer: str, words: Iterable[str] = ()) -> str:
    """A reviewer's next item, by its own address, so that going back finds each; without one the end."""
    if task is None:
        return end_address(reference, reviewer, words)
    return item_address(reference, reviewer, task.item_id, words)
