"""What a model thinks is never read as what it says."""

from collections.abc import Sequence

import pytest
from pydantic import TypeAdapter, ValidationError

from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.answers import answers_of
from methods.judging.conversation import failure_of
from methods.reading.thought import THINK, Marks, without_thought


@pytest.mark.parametrize(
    ("text", "thought", "answer", "failure"),
    [
        ("Paris.", "", "Paris.", None),
        ("<think>Rome?</think>\n\nParis.", "<think>Rome?</think>", "Paris.", None),
        ("Rome?\n</think>\nParis.", "Rome?\n</think>", "Paris.", None),
        ("<think>a</think>b<think>c</think>d", "<think>a</think>b<think>c</think>", "d", None),
        ("<think>Rome", "<think>Rome", "", "truncated thought"),
        ("<think>Rome</think>\n", "<think>Rome</think>\n", "", "empty"),
        ("", "", "", None),
    ],
)
def test_the_answer_stands_behind_the_last_thought(
    text: str, thought: str, answer: str, failure: str | None
) -> None:
    read = without_thought(text)
    assert (read.thought, read.answer, read.failure) == (thought, answer, failure)


def test_other_models_mark_thought_otherwise() -> None:
    marks = (("[THINK]", "[/THINK]"), ("<think>", "</think>"))
    assert without_thought("[THINK]a[/THINK]b", marks).answer == "b"
    assert without_thought("[THINK]a[/THINK]b").answer == "[THINK]a[/THINK]b"


@pytest.mark.parametrize("marks", [(("", "</think>"),), (("|", "|"),)])
def test_marks_that_cannot_be_told_are_refused(marks: Marks) -> None:
    with pytest.raises(ValidationError, match="at least 1 character|'|' opens and closes a thought"):
        TypeAdapter(Marks).validate_python(marks)


def test_methods_see_answers_alone() -> None:
    texts = ["<think>a</think>b", "<think>a", "<think>a</think>", "b"]

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(text=text, finish_reason="stop") for text in texts]

    request = Request(messages=(Message(role="user", content="?"),), params=SamplingParams(), seed=0)
    answers = answers_of(complete, THINK)("stage", [request] * 4)
    assert [answer.text for answer in answers] == ["b", "", "", "b"]
    assert [failure_of(answer) for answer in answers] == [None, "empty", "empty", None]
