"""What a tool elsewhere is told of an item, and what it says back of a person's answer."""

from datasets_registry.rows.review.reviews import Slot
from datasets_registry.settings import Frozen
from quality.review.desk import Desk
from quality.review.reviewers import shown_left
from quality.review.tasks import task_of


class Asked(Frozen):
    """An item as a file has it: neither label, probability, judge, model nor stratum."""

    id: str
    sample: str
    question: str
    history: str
    prompt: str
    left: str
    right: str


class Given(Frozen):
    """A person's answer as a file has it; ``answer`` is one of the five, of the sides that the file had."""

    id: str
    sample: str
    reviewer: str
    answer: str
    note: str = ""
    seconds: float | None = None


def left_of(item_id: str) -> Slot:
    """The completion on the left in a file, which is the same for whoever reads it."""
    return shown_left("", item_id)


def asked(desk: Desk) -> list[Asked]:
    """Every item of the sample in the order in which it is asked."""
    tasks = [task_of(item, "", len(desk.items), None) for item in desk.items.values()]
    return [
        Asked(
            id=task.item_id,
            sample=str(desk.version),
            question=task.question,
            history="\n\n".join(f"{turn.role}: {turn.content}" for turn in task.history),
            prompt=task.prompt,
            left=task.left,
            right=task.right,
        )
        for task in tasks
    ]
