"""Completions read for what they answer; their thought stands apart."""

from functools import partial
from itertools import chain

from generation.completer import Complete
from generation.request import Completion
from generation.streaming.reading import Reading
from methods.reading.thought import Marks, without_thought


def answers_of(complete: Complete, marks: Marks) -> Complete:
    """``complete``, whose completions are read for what they answer; the ledger keeps them as they came.

    What they thought before stands in ``thought``, as where a server returns it so. ``marks`` are those of
    thought of the model that completes.
    """
    return Reading(complete, partial(_answered, marks=marks))


def _answered(completion: Completion, marks: Marks) -> Completion:
    """The completion without its thought: truncated where that does not end, empty where nothing follows."""
    read = without_thought(completion.text, marks)
    if read.answer == completion.text:
        return completion
    cut = {"finish_reason": "length"} if read.failure == "truncated thought" else {}
    thought = _unmarked(read.thought, marks) or completion.thought
    return completion.model_copy(update={"text": read.answer, "thought": thought, **cut})


def _unmarked(thought: str, marks: Marks) -> str:
    for mark in chain.from_iterable(marks):
        thought = thought.replace(mark, "")
    return thought.strip()


def thinks(completion: Completion) -> bool:
    """Whether an answered completion was thought over: marks with nothing between them are no thought."""
    return bool((completion.thought or "").strip())
