"""TruthfulQA and GSM8K as items: forms, gold, and records that are none."""

from typing import Any

import pytest

from datasets_registry.importing.rejection import Rejected
from generation.request import Completion, Request
from generation.scripted import likely
from methods.evaluation.public.published import PUBLISHED
from methods.evaluation.suites.capability import CAPABILITY
from tests.methods.evaluation.asked import answers, values

MC1 = {"It is round.": 1, "It is flat.": 0, "It is a cube.": 0}
MC2 = MC1 | {"It is a ball.": 1}
RECORD: dict[str, Any] = {"question": "What shape is the Earth?", "mc1_targets": MC1, "mc2_targets": MC2}
PROBLEM = {"question": "What is 999 + 1?", "answer": "It is <<999+1=1000>>1000.\n#### 1,000"}


def likes_the_flat_earth(request: Request) -> Completion:
    """Probabilities .3, .3, .2 and .1 of .9; the flat earth's length makes it the likeliest per character."""
    shares = {"It is round.": -1.2, "It is flat.": -1.1, "It is a cube.": -3.0, "It is a ball.": -2.0}
    return likely(shares[str(request.continuation)], 4, greedy=False)


def test_a_question_has_the_binary_form_mc1_and_mc2_of_one_item() -> None:
    binary, mc1, mc2 = PUBLISHED["truthfulqa"].read(RECORD)
    assert len({binary.item_id, mc1.item_id, mc2.item_id}) == 1
    assert set(binary.choices) == {"It is round.", "It is flat."} and binary.gold == ["It is round."]
    assert set(mc1.choices) == set(MC1) and mc1.gold == ["It is round."]
    assert set(mc2.choices) == set(MC2) and set(mc2.gold) == {"It is round.", "It is a ball."}


def test_the_three_forms_give_the_figures_that_arithmetic_says() -> None:
    from math import exp

    given = answers(CAPABILITY, PUBLISHED["truthfulqa"].read(RECORD), likes_the_flat_earth)
    figures = values(CAPABILITY, given)
    right, wrong = exp(-1.2) + exp(-2.0), exp(-1.1) + exp(-3.0)
    assert figures["truthfulness", "binary"] == figures["truthfulness", "mc1"] == 0
    assert figures["truthfulness", "mc2"] == pytest.approx(right / (right + wrong))
    assert figures["all", "accuracy"] is None


def test_a_model_that_thinks_has_no_mc2_and_keeps_the_other_forms() -> None:
    def thinker(request: Request) -> str:
        shown = request.messages[-1].content
        return f"Answer: {shown[shown.index(') It is round.') - 1]}"

    given = answers(CAPABILITY, PUBLISHED["truthfulqa"].read(RECORD), thinker, thinks=True)
    figures = values(CAPABILITY, given)
    assert (figures["truthfulness", "binary"], figures["truthfulness", "mc1"]) == (1, 1)
    assert figures["truthfulness", "mc2"] is None and all(each.answer.failure is None for each in given)


def test_a_problem_has_its_final_answer_as_gold_and_worked_ones_before_it() -> None:
    (item,) = PUBLISHED["gsm8k"].read(PROBLEM)
    assert item.gold == ["1000"]
    assert item.messages[-1].content.count("Question:") == 6
    (answered,) = answers(CAPABILITY, [item], lambda request: "999 + 1 = 1000\n#### 1,000")
    assert {grade.name: grade.value for grade in answered.answer.grades} == {
        "verified": 1.0,
        "strict": 1.0,
        "flexible": 1.0,
    }


@pytest.mark.parametrize(
    ("name", "record", "reason"),
    [
        ("gsm8k", {"question": "?", "answer": "It is 5"}, "no final answer follows ####"),
        ("gsm8k", {"question": "?"}, "not a text"),
        ("truthfulqa", RECORD | {"question": None}, "question is not a text"),
        ("truthfulqa", RECORD | {"mc1_targets": MC2}, "2 right answers"),
        ("truthfulqa", RECORD | {"mc2_targets": {"a": 1}}, "no right or no wrong answer"),
        ("truthfulqa", RECORD | {"mc1_targets": ["a"]}, "not an object of answers"),
    ],
)
def test_a_record_that_is_no_item_is_rejected_with_its_reason(
    name: str, record: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        PUBLISHED[name].read(record)
