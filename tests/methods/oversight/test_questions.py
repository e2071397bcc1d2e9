"""Passages and questions: answers stand where they are said to, and what decides nothing is refused."""

from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.importing.filling import Given, filled
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.rft import Candidate
from methods.oversight.passages import PASSAGE_QUESTIONS, PassageSettings, own_passages
from methods.oversight.questions import OVERSIGHT_QUESTIONS, QuestionSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make

ALL = QuestionSettings()


def questions(
    *rows: PassageQuestion | Candidate, settings: QuestionSettings = ALL
) -> list[OversightQuestion]:
    passages = [row for row in rows if isinstance(row, PassageQuestion)]
    candidates = [row for row in rows if isinstance(row, Candidate)]
    return rows_of(
        OVERSIGHT_QUESTIONS, settings, MemoryInputs({"passages": passages, "candidates": candidates})
    )


def test_each_answer_of_our_passages_stands_in_its_sentence_and_no_wrong_one_anywhere() -> None:
    rows = own_passages()
    by_passage: dict[str, list[PassageQuestion]] = {}
    for row in rows:
        by_passage.setdefault(row.passage, []).append(row)
        assert row.sentence in row.passage and row.right_answer.casefold() in row.sentence.casefold()
        assert row.passage.casefold().count(row.right_answer.casefold()) == 1
        assert row.wrong_answer.casefold() not in row.passage.casefold()
    assert len(by_passage) == 30 and {len(each) for each in by_passage.values()} <= {2, 3}
    assert all(85 <= len(passage.split()) <= 150 for passage in by_passage)
    assert len({row.question_id for row in rows}) == len(rows) == 90
    assert len({row.split_group for row in rows}) == 30


def test_fewer_passages_are_a_part_of_them_and_more_are_refused() -> None:
    ids = [{row.question_id for row in rows_of(PASSAGE_QUESTIONS, PassageSettings(number=n))} for n in (5, 9)]
    assert ids[0] < ids[1] and len(ids[1]) == 9
    with pytest.raises(BadInput, match="number is 91, and there are 90 questions: lower it"):
        rows_of(PASSAGE_QUESTIONS, PassageSettings(number=91))


def test_the_right_answer_takes_either_side() -> None:
    made = questions(*own_passages())
    assert len(made) == 90 and 30 <= sum(row.gold == "a" for row in made) <= 60
    right = {row.question_id: row.right_answer for row in own_passages()}
    for row in made:
        assert right[row.question_id] == (row.answer_a if row.gold == "a" else row.answer_b)
    drawn = questions(*own_passages(), settings=QuestionSettings(number=7))
    assert len(drawn) == 7 and {row.question_id for row in drawn} < right.keys()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"wrong_answer": "  "}, "has one answer alone: give it"),
        ({"wrong_answer": "mara  holt"}, "has two equal answers, 'Mara Holt': give it a wrong one"),
        ({"sentence": "Its keeper was Mara Holt."}, "lacks the sentence 'Its keeper was Mara Holt.': copy"),
        ({"sentence": ""}, "lacks the sentence ''"),
    ],
)
def test_a_question_that_its_passage_does_not_decide_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        questions(make(PassageQuestion, **fields))


def test_worked_solutions_that_end_differently_are_a_question() -> None:
    wrong: dict[str, Any] = {"accepted": False, "completion": "2+2=5\nA:5", "extracted": "5"}
    right = make(Candidate)
    (row,) = questions(right, make(Candidate, sample=1, completion_key="w", **wrong))
    a_is_right = row.gold == "a"
    assert (row.answer_a, row.answer_b)[not a_is_right] == right.completion
    assert {row.end_a, row.end_b} == {"4", "5"} and (row.key_a if a_is_right else row.key_b) == "k"
    assert row.num_tokens == 20 and row.problem_id == "p1" and row.policy == "lab_policy"


@pytest.mark.parametrize(
    "fields",
    [
        {"accepted": True, "extracted": "4"},
        {"accepted": False, "extracted": None},
        {"accepted": False, "extracted": "5", "finish_reason": "length"},
        {"accepted": False, "extracted": "5", "hinted": True},
        {"accepted": False, "extracted": "5", "policy": "another"},
    ],
)
def test_solutions_that_oppose_nothing_are_refused_with_the_remedy(fields: dict[str, Any]) -> None:
    with pytest.raises(
        BadInput, match="both a right and a wrong solution of one policy that end differently"
    ):
        questions(make(Candidate), make(Candidate, sample=1, completion_key="w", **fields))


def test_passages_of_others_are_imported_with_source_and_licence() -> None:
    (own, *_) = own_passages()
    texts = own.model_dump(include={"passage", "prompt", "right_answer", "wrong_answer", "sentence"})
    row = filled(PassageQuestion, texts, Given(source="me", licence="MIT"), {})
    assert isinstance(row, PassageQuestion) and (row.source, row.licence) == ("me", "MIT")
    assert (row.question_id, row.split_group) == (own.question_id, own.split_group)
