"""Calibration: planted models give the figures that arithmetic says; what is unreadable is missing."""

from collections.abc import Mapping

import pytest

from generation.request import Completion, Request
from generation.scripted import chosen
from methods.evaluation.items import own_item, said
from methods.evaluation.suite import AskingSettings
from methods.evaluation.suites.calibration import CALIBRATION, NAME, asked, items
from tests.methods.evaluation.asked import Figures, answers, values

ITEMS = items()
BY_PROMPT = {item.messages[-1].content: item for item in ITEMS}
IDK = "I don't know"


def all_of(figures: Figures) -> dict[str, float | None]:
    """The figures over the whole suite."""
    return {metric: value for (category, metric), value in figures.items() if category == "all"}


def humble_and_able(request: Request) -> str:
    """Right where there is an answer, and abstaining where there is none."""
    gold = BY_PROMPT[request.messages[-1].content].gold
    return f"It is {gold[-1]}." if gold else f"{IDK}."


def test_there_are_as_many_questions_with_an_answer_as_without_and_none_twice() -> None:
    with_answer = [item for item in ITEMS if item.gold]
    assert len(with_answer) == len(ITEMS) - len(with_answer) >= 50
    assert len({item.item_id for item in ITEMS}) == len(ITEMS)
    assert all((item.category == "answerable") == bool(item.gold) for item in ITEMS)


def test_a_model_that_answers_and_abstains_rightly_has_every_figure_at_its_best() -> None:
    figures = values(CALIBRATION, answers(CALIBRATION, ITEMS, humble_and_able))
    assert all_of(figures) == {
        "correct": 1,
        "incorrect": 0,
        "not_attempted": 0,
        "correct_of_attempted": 1,
        "f1": 1,
        "abstention_recall": 1,
        "abstention_precision": 1,
        "penalised_score": 0.5,
        "calibration_error": None,
        "risk_coverage_area": None,
    }
    kinds = {category for category, _ in figures} - {"all"}
    assert kinds == {item.category for item in ITEMS if not item.gold}
    assert all(figures[kind, "abstained"] == 1 for kind in kinds)


def test_a_model_that_always_abstains_scores_nothing_and_is_precise_by_half() -> None:
    figures = all_of(values(CALIBRATION, answers(CALIBRATION, ITEMS, lambda request: IDK)))
    assert (figures["penalised_score"], figures["correct"], figures["f1"]) == (0, 0, 0)
    assert (figures["abstention_recall"], figures["abstention_precision"]) == (1, 0.5)
    assert figures["correct_of_attempted"] is None


def test_a_model_that_always_answers_pays_for_what_has_no_answer() -> None:
    def bold(request: Request) -> str:
        gold = BY_PROMPT[request.messages[-1].content].gold
        return gold[0] if gold else "Velmire in 1923"

    figures = all_of(values(CALIBRATION, answers(CALIBRATION, ITEMS, bold)))
    assert figures["penalised_score"] == pytest.approx((1 - 3) / 2)
    assert (figures["abstention_recall"], figures["abstention_precision"], figures["f1"]) == (0, None, 1)


def test_f1_and_the_score_are_of_correct_incorrect_and_not_attempted() -> None:
    replies = dict(zip((item.item_id for item in ITEMS if item.gold), "aabi" * 15, strict=True))

    def script(request: Request) -> str:
        item = BY_PROMPT[request.messages[-1].content]
        return {"a": (item.gold or [""])[0], "b": "Bombastia", "i": IDK}[replies.get(item.item_id, "i")]

    figures = all_of(values(CALIBRATION, answers(CALIBRATION, ITEMS, script)))
    assert (figures["correct"], figures["incorrect"], figures["not_attempted"]) == (0.5, 0.25, 0.25)
    assert figures["correct_of_attempted"] == pytest.approx(2 / 3)
    assert figures["f1"] == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))
    assert figures["penalised_score"] == pytest.approx((0.5 * 1 + 0.25 * -3) / 2)
    assert figures["abstention_precision"] == pytest.approx(1 / 1.25)


QUESTION = own_item(
    NAME, said(asked("Capital of France?")), content="q", category="answerable", gold=["Paris"]
)
UNANSWERABLE = own_item(NAME, said(asked("When was it moved?")), content="u", category="false_presupposition")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("paris!", "correct"),
        ("The capital is **Paris**.", "correct"),
        ("Parisian", "incorrect"),
        ("Lyon", "incorrect"),
        ("I don't know, perhaps Paris", None),
        ("Paris or Lyon", None),
        ("That is not easy", None),
        (IDK, "not attempted"),
    ],
)
def test_an_answer_is_read_and_what_is_unreadable_has_no_outcome(text: str, outcome: str | None) -> None:
    (answered,) = answers(CALIBRATION, [QUESTION], lambda request: text)
    grade = next(grade for grade in answered.answer.grades if grade.name == "outcome")
    assert grade.word == outcome and (grade.failure is None) == (outcome is not None)
    assert values(CALIBRATION, [answered])["all", "not_attempted"] == (
        None if outcome is None else outcome == "not attempted"
    )


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (chosen(0.2, 0.7), "not attempted"),
        (chosen(0.7, 0.2), "incorrect"),
        (chosen(0.4, 0.4), None),
        (chosen(0.1, 0.2), None),
        (Completion(finish_reason="error", error="down"), None),
    ],
)
def test_the_judge_is_asked_where_phrases_are_unsure_and_an_unreadable_letter_is_missing(
    reply: Completion, outcome: str | None
) -> None:
    def judge(request: Request) -> Completion:
        assert "> It was never moved." in request.messages[0].content
        return reply

    (answered,) = answers(CALIBRATION, [UNANSWERABLE], lambda request: "It was never moved.", judge=judge)
    abstained, grade = answered.answer.grades
    assert grade.word == outcome and len(abstained.keys) == 1
    assert values(CALIBRATION, [answered])["all", "abstention_recall"] == (
        None if outcome is None else outcome == "not attempted"
    )


def test_confidence_is_the_part_of_drawn_answers_that_agree_and_only_attempts_have_one() -> None:
    texts: Mapping[int, str] = {0: "Paris", 1: "It is Paris.", 2: "Lyon", 3: IDK}

    def script(request: Request) -> str:
        if request.messages[-1].content == UNANSWERABLE.messages[-1].content:
            return IDK
        return "Paris" if request.params.temperature == 0 else texts[request.sample]

    settings = AskingSettings(num_samples=4)
    answered = answers(CALIBRATION, [QUESTION, UNANSWERABLE], script, settings=settings)
    assert [each.answer.sample for each in answered if each.item is QUESTION] == [0, 1, 2, 3, 4]
    confidence = next(grade for grade in answered[0].answer.grades if grade.name == "confidence")
    assert confidence.value == 0.5
    figures = all_of(values(CALIBRATION, answered))
    assert (figures["calibration_error"], figures["risk_coverage_area"]) == (0.5, 0)
    assert figures["correct"] == 1


def test_every_figure_knows_its_limits() -> None:
    settings = AskingSettings(num_samples=2)
    measures = CALIBRATION.figures(answers(CALIBRATION, ITEMS, humble_and_able, settings=settings))
    for measure in measures:
        assert measure.limits is not None, measure.metric
        assert measure.limits[0] <= measure.value() <= measure.limits[1]
