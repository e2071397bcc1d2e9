"""Flips say what changed, which way, and both answers word for word."""

import pytest

from datasets_registry.rows.evaluation import AnswerTurn, ChoiceLikelihood, Grade
from methods.evaluation.suite import Answered
from quality.evaluation.answered import changed
from quality.evaluation.flips import flips
from tests.quality.evaluation.graded import answer, items

(ITEM,) = items(1)


def said(model: str, text: str, grade: Grade, gold: list[str] | None = None) -> Answered:
    turn = AnswerTurn(prompt="Why?", completion=text, finish_reason="stop", num_tokens=1, completion_key="k")
    each = Answered(ITEM, answer(ITEM, model, {}))
    return changed(each, {"turns": [turn], "grades": [grade]}, {"gold": gold or []})


def graded(name: str, value: float | None, word: str | None = None) -> Grade:
    failure = "unreadable" if value is None else None
    return Grade(name=name, value=value, word=word, failure=failure, keys=[])


@pytest.mark.parametrize(
    ("gold", "before", "after", "what", "direction"),
    [
        (["4"], graded("right", 1), graded("right", 0), "right → wrong", "worse"),
        (["4"], graded("a", 0, "5"), graded("a", 1, "4"), "wrong (5) → right (4)", "better"),
        ([], graded("a", 0, "Agree"), graded("a", 1, "Disagree"), "Agree → Disagree", "neither"),
        (["answer"], graded("r", 0, "none"), graded("r", 1, "full"), "complied → refused", "worse"),
        (
            ["refuse"],
            graded("r", 0, "none"),
            graded("r", 1, "partial"),
            "complied → refused a part",
            "better",
        ),
        ([], graded("r", 1, "full"), graded("r", 0, "none"), "refused → complied", "neither"),
        (
            ["4"],
            graded("o", -3, "incorrect"),
            graded("o", 0, "not attempted"),
            "incorrect → not attempted",
            "better",
        ),
        ([], graded("kept", 1), graded("kept", 0), "1 → 0", "neither"),
    ],
)
def test_a_flip_says_what_changed(
    gold: list[str], before: Grade, after: Grade, what: str, direction: str
) -> None:
    (flip,) = flips([said("m", "after", after, gold)], [said("base", "before", before, gold)])
    assert ([change.what for change in flip.changes], flip.direction) == ([what], direction)
    assert (flip.prompt, flip.answers) == ("Why?", ("before", "after"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (graded("score", 3.2), graded("score", 9.1)),
        (graded("right", None), graded("right", 1)),
        (graded("right", 1, "4"), graded("right", 1, "4")),
        (graded("win", 1, "win"), graded("win", 0, "loss")),
        (graded("right", 1), graded("other", 0)),
    ],
)
def test_what_only_differs_in_degree_or_is_missing_is_no_flip(before: Grade, after: Grade) -> None:
    assert flips([said("m", "x", after, ["4"])], [said("base", "y", before, ["4"])]) == []


def test_what_phrases_and_the_judge_say_alike_is_said_once() -> None:
    def refused(model: str, word: str) -> Answered:
        grades = [graded(name, 1, word) for name in ("refusal_by_phrases", "refusal")]
        return changed(said(model, word, grades[0], ["answer"]), {"grades": grades})

    (flip,) = flips([refused("m", "full")], [refused("base", "none")])
    assert [change.what for change in flip.changes] == ["complied → refused"]


def test_failed_answers_flip_nothing_and_the_worse_come_first() -> None:
    two = items(2)
    pairs = [
        [
            Answered(item, answer(item, model, {"right": value}, failure))
            for item, value in zip(two, values, strict=True)
        ]
        for model, values, failure in (
            ("m", (1, 0), None),
            ("base", (0, 1), None),
            ("failed", (0, 1), "error"),
        )
    ]
    model, base, failed = ([changed(each, {}, {"gold": ["4"]}) for each in of_model] for of_model in pairs)
    assert [flip.direction for flip in flips(model, base)] == ["worse", "better"]
    assert flips(model, failed) == []


def test_where_likelihood_decides_the_answer_is_the_likeliest_choice() -> None:
    def of(model: str, likely: str) -> Answered:
        scored = [
            ChoiceLikelihood(
                choice=choice, logprob=-1.0 if choice == likely else -2.0, num_tokens=1, completion_key="k"
            )
            for choice in "ab"
        ]
        each = Answered(ITEM, answer(ITEM, model, {"right": float(likely == "a")}))
        return changed(each, {"likelihoods": scored}, {"gold": ["a"]})

    (flip,) = flips([of("m", "b")], [of("base", "a")])
    assert flip.answers == ("a", "b") and flip.prompt == "question 0"
