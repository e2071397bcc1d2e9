"""What a tool elsewhere is told of an item, and what it says back of a person's answer."""

from collections.abc import Sequence

from datasets_registry.settings import Frozen
from quality.review.desk import Desk
from quality.review.tasks import task_of


class Asked(Frozen):
    """An item as a file has it: neither label, probability, judge, model nor stratum.

    A pair has ``left`` and ``right``, a single label ``text`` and what stands ``before`` it.
    """

    id: str
    sample: str
    question: str
    history: str
    prompt: str
    before: str
    text: str
    left: str
    right: str
    choices: str


class Given(Frozen):
    """A person's answer as a file has it: one of the choices, of the sides that the file had."""

    id: str
    sample: str
    reviewer: str
    answer: str
    note: str = ""
    seconds: float | None = None


def asked(desk: Desk) -> list[Asked]:
    """Every item of the sample in the order in which it is asked."""
    # the sides are those of a reviewer without a name, and so the same for whoever reads the file
    tasks = [task_of(item, "", len(desk.items), None) for item in desk.items.values()]
    return [
        Asked(
            id=task.item_id,
            sample=str(desk.version),
            question=task.question,
            history="\n\n".join(f"{turn.role}: {turn.content}" for turn in task.history),
            prompt=task.prompt,
            before=task.before,
            text="" if task.is_pair else task.left,
            left=task.left if task.is_pair else "",
            right=task.right,
            choices=", ".join(choice.answer for choice in task.choices),
        )
        for task in tasks
    ]


def choices_in(tasks: Sequence[Asked]) -> list[str]:
    """Every answer that may be given to any of the tasks."""
    return list(dict.fromkeys(choice for task in tasks for choice in task.choices.split(", ")))


def texts_in(tasks: Sequence[Asked]) -> list[str]:
    """The texts that any of the tasks has, in the order in which they are read."""
    return [name for name in _TEXTS if any(getattr(task, name) for task in tasks)]


_TEXTS = ("question", "history", "prompt", "before", "text", "left", "right", "choices")
