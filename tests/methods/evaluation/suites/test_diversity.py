"""Diversity of planted models comes out as arithmetic says; too little text has no figure that needs more."""

import math
from collections.abc import Callable

import pytest

from generation.request import Completion, Request, SamplingParams
from methods.evaluation.measures import Measure
from methods.evaluation.suite import Answered, AskingSettings
from methods.evaluation.suites.diversity import (
    DIVERSITY,
    GRAMS,
    SAMPLES,
    TOKENS,
    WORDS,
    make_figures,
    make_items,
)
from tests.methods.evaluation.planted import asked, values

ITEMS = make_items()
PLACES = {item.messages[-1].content: place for place, item in enumerate(ITEMS)}
SETTINGS = AskingSettings(answers=SamplingParams(temperature=0.7))


def answers(script: Callable[[Request], str | Completion]) -> list[Answered]:
    return asked(DIVERSITY, script, ITEMS, SETTINGS)


def figures(script: Callable[[Request], str | Completion]) -> dict[str, float]:
    return values(make_figures(answers(script)))


def text(*name: object, num_words: int = WORDS) -> str:
    """Words that no text of another name has."""
    word = "x".join(str(part) for part in name)
    return " ".join(f"{word}w{place}" for place in range(num_words))


def place(request: Request) -> int:
    return PLACES[request.messages[-1].content]


def rarefied(kinds: int, each: int) -> float:
    absent = math.comb(kinds * each - each, GRAMS) / math.comb(kinds * each, GRAMS)
    return kinds * (1 - absent) / GRAMS


def test_there_are_thirty_prompts_or_more_of_several_kinds() -> None:
    assert len(ITEMS) == len(PLACES) == 36 and len({item.category for item in ITEMS}) == 7


def test_samples_are_drawn_as_the_profile_says_and_cut_at_the_budget() -> None:
    requests: list[Request] = []

    def script(request: Request) -> str:
        requests.append(request)
        return text("long", num_words=100)

    found = figures(script)
    assert {(each.params.temperature, each.params.max_tokens) for each in requests} == {(0.7, TOKENS)}
    assert len(requests) == 36 * SAMPLES and {each.sample for each in requests} == set(range(SAMPLES))
    assert found["cut_off"] == 1 and found["mean_tokens"] == TOKENS


def test_a_constant_answer_is_one_text_within_and_across_prompts() -> None:
    found = figures(lambda request: text("same"))
    assert found["distinct_1_within"] == pytest.approx(rarefied(WORDS, SAMPLES))
    assert found["distinct_3_within"] == pytest.approx(rarefied(WORDS - 2, SAMPLES))
    assert found["distinct_2_across"] == pytest.approx(rarefied(WORDS - 1, 36))
    for metric in ("vendi_within", "vendi_across", "self_bleu_within", "top_opening_across"):
        assert found[metric] == pytest.approx(1)
    assert found["answer_entropy_within"] == found["first_word_entropy_within"] == 0


def test_answers_that_share_no_word_are_all_different() -> None:
    found = figures(lambda request: text(place(request), request.sample))
    assert found["distinct_1_within"] == found["distinct_3_across"] == pytest.approx(1)
    assert found["vendi_within"] == pytest.approx(8) and found["vendi_across"] == pytest.approx(36)
    assert found["answer_entropy_within"] == found["first_word_entropy_within"] == pytest.approx(3)
    assert found["top_opening_across"] == pytest.approx(1 / 36)
    assert found["self_bleu_within"] == 0


def test_one_answer_for_each_prompt_is_collapse_within_alone() -> None:
    found = figures(lambda request: text(place(request)))
    assert found["vendi_within"] == pytest.approx(1) and found["vendi_across"] == pytest.approx(36)


def test_two_answers_by_turns_are_one_bit() -> None:
    found = figures(lambda request: text(place(request), request.sample % 2))
    assert found["vendi_within"] == pytest.approx(2) and found["answer_entropy_within"] == pytest.approx(1)


def test_answers_too_short_for_the_budget_have_no_distinct_share_but_a_vendi_score_and_openings() -> None:
    measures = {measure.metric: measure for measure in make_figures(answers(lambda request: "No."))}
    for metric in ("distinct_1_within", "distinct_1_across"):
        assert measures[metric].note == f"the answers are too short: fewer than {GRAMS} n-grams"
    assert measures["ead_2_across"].note == "the answers are too short for such n-grams"
    found = values(measure for measure in measures.values() if not measure.note)
    assert found["vendi_within"] == found["top_opening_across"] == found["mean_tokens"] == pytest.approx(1)
    assert found["ead_1_within"] == pytest.approx(1 / 8, rel=1e-3) and found["cut_off"] == 0


def test_a_prompt_with_a_lost_sample_is_in_no_figure_within_prompts() -> None:
    def script(request: Request) -> str | Completion:
        if place(request) == 0 and request.sample == 5:
            return Completion(finish_reason="error", error="lost")
        return text(place(request)) if place(request) else text(0, request.sample)

    measures = {measure.metric: measure for measure in make_figures(answers(script))}
    within = measures["vendi_within"]
    assert within.num_items == 35 and within.num_missing == 1
    assert values([within]) == {"vendi_within": pytest.approx(1)}
    assert measures["vendi_across"].num_items == 36


def test_no_figure_is_better_one_way() -> None:
    measures: list[Measure] = list(make_figures(answers(lambda request: text("same"))))
    assert {measure.better for measure in measures} == {"neither"} and len(measures) == 20


def test_the_opening_of_each_answer_is_on_its_row() -> None:
    (grade,) = answers(lambda request: "Once upon a time, there was.")[0].answer.grades
    assert (grade.word, grade.value) == ("once upon a", 6)


def test_every_figure_lies_between_its_limits() -> None:
    for script in (lambda request: "No.", lambda request: text("same"), lambda request: text(place(request))):
        for measure in make_figures(answers(script)):
            assert measure.limits is not None
            if not measure.note and not measure.metric.startswith("ead"):
                assert measure.limits[0] - 1e-9 <= measure.value() <= measure.limits[1] + 1e-9
