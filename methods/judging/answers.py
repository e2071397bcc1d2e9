"""Completions read for what they answer; their thought stays in the ledger."""

from collections.abc import Sequence

from generation.completer import Complete
from generation.request import Completion, Request
from methods.reading.thought import Marks, without_thought


def answers_of(complete: Complete, marks: Marks) -> Complete:
    """``complete``, whose completions are read for what they answer; the ledger keeps them as they came.

    ``marks`` are those of thought of the model that completes.
    """

    def answered(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [_answered(completion, marks) for completion in complete(stage, requests)]

    return answered


def _answered(completion: Completion, marks: Marks) -> Completion:
    """The completion without its thought: truncated where that does not end, empty where nothing follows."""
    thought = without_thought(completion.text, marks)
    if thought.answer == completion.text:
        return completion
    cut = {"finish_reason": "length"} if thought.failure == "truncated thought" else {}
    return completion.model_copy(update={"text": thought.answer, **cut})
