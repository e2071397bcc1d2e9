"""Consistency of planted models comes out as arithmetic says, and lost wordings are no disagreement."""

from collections import Counter
from collections.abc import Callable

import pytest

from datasets_registry.rows.evaluation import EvaluationItem, Grade
from generation.request import Completion, Request
from methods.evaluation.suite import Answered
from methods.evaluation.suites.consistency import (
    CONSISTENCY,
    agreement,
    make_figures,
    make_items,
    read_choice,
    read_number,
)
from tests.methods.evaluation.planted import asked, value, values

ITEMS = make_items()
Answer = Callable[[EvaluationItem], str]


def figures(answer: Answer, items: list[EvaluationItem] = ITEMS) -> dict[str, float]:
    return values(make_figures(answers(answer, items)))


def answers(answer: Answer, items: list[EvaluationItem] = ITEMS) -> list[Answered]:
    by_text = {item.messages[-1].content: item for item in items}

    def script(request: Request) -> str | Completion:
        said = answer(by_text[request.messages[-1].content])
        return said or Completion(finish_reason="error", error="lost")

    return asked(CONSISTENCY, script, items)


def right(item: EvaluationItem) -> str:
    return item.gold[0]


def wrong(item: EvaluationItem) -> str:
    return next((choice for choice in item.choices if choice not in item.gold), "-1")


def wording(item: EvaluationItem) -> int:
    return int(item.variant.removeprefix("wording "))


def test_every_question_has_five_wordings_that_share_their_gold_and_their_choices() -> None:
    by_id: dict[str, list[EvaluationItem]] = {}
    for item in ITEMS:
        by_id.setdefault(item.item_id, []).append(item)
    assert len(by_id) == 84 and {len(variants) for variants in by_id.values()} == {5}
    assert len({item.messages[-1].content for item in ITEMS}) == len(ITEMS)
    for variants in by_id.values():
        assert len({(tuple(item.gold), tuple(item.choices), item.cluster) for item in variants}) == 1


def test_right_answers_stand_at_each_place_equally_often() -> None:
    places = Counter(
        (item.category, item.choices.index(item.gold[0]))
        for item in ITEMS
        if item.choices and wording(item) == 1
    )
    assert set(places.values()) == {6, 8}
    assert {count for (category, _), count in places.items() if category == "choice"} == {6}


def test_every_gold_answer_is_read_as_right_and_every_choice_as_itself() -> None:
    for each in answers(right):
        (gold,) = each.item.gold
        assert each.answer.grades == [Grade(name="answer", value=1, word=gold, keys=[])]
    for item in ITEMS:
        for choice in item.choices:
            assert read_choice(f"The answer is {choice}.", item.choices) == choice


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Venus", "Venus"),
        ("It is the planet **Venus**.", "Venus"),
        ("Venus or Mercury", None),
        ("It is not Venus.", None),
        ("not the Venus", None),
        ("Pluto", None),
        ("Venusians", None),
        ("", None),
    ],
)
def test_a_choice_is_read_where_a_text_names_it_alone(text: str, read: str | None) -> None:
    assert read_choice(text, ["Mercury", "Venus"]) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("85", "85"),
        ("47 + 38 = 85", "85"),
        ("It is 1,000.", "1000"),
        ("85.0 metres", "85"),
        ("-9", "-9"),
        ("7, I think", "7"),
        ("5 or 6", None),
        ("47 + 38", None),
        ("seven", None),
        ("room 7b", None),
    ],
)
def test_a_number_is_read_where_a_text_gives_it_alone(text: str, read: str | None) -> None:
    assert read_number(text) == read


def test_a_model_that_is_always_right_is_consistent_in_every_figure() -> None:
    assert figures(right) == {
        "agreement": 1,
        "agreement_where_ever_right": 1,
        "accuracy": 1,
        "worst_accuracy": 1,
        "spread": 0,
    }


def test_a_model_that_is_always_wrong_agrees_with_itself_and_has_nothing_that_is_ever_right() -> None:
    measures = {
        measure.metric: measure for measure in make_figures(answers(wrong)) if measure.category == "all"
    }
    assert value(measures["agreement"]) == 1 and value(measures["worst_accuracy"]) == 0
    assert measures["agreement_where_ever_right"].note == "nothing to measure"


def test_two_wordings_of_five_that_are_answered_wrongly_take_six_of_ten_agreements() -> None:
    # 3 · 2 + 2 · 1 of 5 · 4 pairs agree
    assert figures(lambda item: wrong(item) if wording(item) <= 2 else right(item)) == {
        "agreement": pytest.approx(0.4),
        "agreement_where_ever_right": pytest.approx(0.4),
        "accuracy": pytest.approx(0.6),
        "worst_accuracy": 0,
        "spread": 1,
    }


@pytest.mark.parametrize("loss", ["", "I would rather not say."])
def test_a_lost_wording_leaves_agreement_to_the_others(loss: str) -> None:
    measures = list(make_figures(answers(lambda item: loss if wording(item) == 3 else right(item))))
    assert set(values(measures).values()) == {1, 0} and values(measures)["spread"] == 0
    assert measures[0].num_missing == (84 if loss else 0)


def test_an_item_with_one_wording_left_is_in_no_figure() -> None:
    lost = ITEMS[0].item_id
    given = answers(lambda item: "" if item.item_id == lost and wording(item) > 1 else right(item))
    assert {measure.num_items for measure in make_figures(given) if measure.category == "all"} == {83, 83 * 5}


def test_agreement_counts_pairs_of_equal_answers() -> None:
    words = ["a", "a", "b", "b", "c"]
    assert agreement([Grade(name="answer", value=0, word=word, keys=[]) for word in words]) == pytest.approx(
        4 / 20
    )


def test_each_category_has_its_own_figures() -> None:
    measures = list(
        make_figures(answers(lambda item: wrong(item) if item.category == "sums" else right(item)))
    )
    assert values(measures, "sums")["accuracy"] == 0 and values(measures, "number")["accuracy"] == 1
    assert values(measures)["accuracy"] == pytest.approx(54 / 84)
