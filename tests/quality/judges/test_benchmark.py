"""Figures on suites follow from answers: both orders, best of several, styles, steps, ways, blind rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from benchmarks.judges.planted import items
from benchmarks.sides.labels.judge_call import shown
from benchmarks.sides.labels.planted_judges import BETTER, said
from datasets_registry.rows.judge_benchmark import ALL, BenchmarkFigure, JudgeAnswer, JudgeItem
from generation.request import Completion, Request
from generation.scripted import completing
from methods.judges.answers import AnswerSettings, asked
from methods.judging.comparison import ComparisonSettings
from quality.judges.benchmark import benchmark, certified
from quality.judges.blind import blind_answers
from quality.judges.suite_metrics import agreement
from tests.rows import make

BEST: dict[str, Any] = {"suite": "reward_bench_2", "kind": "best_of", "responses": ["aa", "b", "ccc", "d"]}
STYLES: dict[str, Any] = {
    "suite": "rm_bench",
    "kind": "styles",
    "responses": ["12", "1234", "123456", "1", "123", "12345"],
    "num_right": 3,
}


def values(answers: Iterable[JudgeAnswer], judge: str = "base_policy", subset: str = ALL) -> dict[str, Any]:
    rows = [row for row in benchmark(list(answers)) if row.judge == judge and row.subset == subset]
    return {row.metric: row.value for row in rows}


def steps(name: str, gold: int, said: int | None, **fields: Any) -> JudgeAnswer:
    about: dict[str, Any] = {
        "suite": "processbench",
        "kind": "steps",
        "shown_first": "neither",
        "p_right": None,
    }
    failure = "no step number" if said is None else None
    about |= {"chosen": None, "first_error": gold, "judged_first_error": said, "failure": failure}
    return make(JudgeAnswer, name, cluster=name, **about, **fields)


def calls(name: str, right_first: str, wrong_first: str, asked: str = "text") -> list[JudgeAnswer]:
    """The answers to one pair in both orders."""
    by_order = {"right": right_first, "wrong": wrong_first}
    return [
        make(JudgeAnswer, name, cluster=name, asked=asked, shown_first=order, chosen=chosen)
        for order, chosen in by_order.items()
    ]


def test_figures_of_both_orders_tell_right_judges_from_those_of_one_place() -> None:
    answers = [
        *(call for name in ("r1", "r2") for call in calls(name, "right", "right")),
        *calls("f1", "right", "wrong"),
        *(call for name in ("s1", "s2") for call in calls(name, "wrong", "right")),
        *(call for name in ("e1", "e2") for call in calls(name, "even", "even")),
    ]
    found = values(answers)
    assert (found["accuracy"], found["first_choice_share"]) == pytest.approx((9 / 14, 6 / 14))
    assert (found["consistent_accuracy"], found["flip_rate"]) == pytest.approx((2 / 7, 3 / 7))
    assert found["tie_rate"] == pytest.approx(4 / 14)


def test_ways_agree_on_what_both_answer() -> None:
    failed = make(JudgeAnswer, "c", asked="text", p_right=None, chosen=None, failure="error: busy")
    usual = [*calls("a", "right", "wrong"), *calls("b", "even", "right"), failed]
    others = [
        *calls("a", "right", "right", "schema"),
        *calls("b", "even", "right", "schema"),
        make(JudgeAnswer, "c", asked="schema", chosen="right"),
    ]
    figure = agreement("agreement_with_schema", usual, others)
    assert (figure.value, figure.num_items) == (0.75, 4)


def test_what_fails_is_counted_and_no_label() -> None:
    broken: dict[str, Any] = {"p_right": None, "chosen": None, "failure": "error: busy"}
    answers = [
        make(JudgeAnswer, "i1"),
        make(JudgeAnswer, "i1", shown_first="wrong"),
        make(JudgeAnswer, "i2", cluster="c2"),
        make(JudgeAnswer, "i2", cluster="c2", shown_first="wrong", **broken),
    ]
    found = values(answers)
    assert (found["accuracy"], found["consistent_accuracy"], found["failure_rate"]) == (1.0, 1.0, 0.25)
    rows = {row.metric: row for row in benchmark(answers)}
    assert (rows["accuracy"].num_items, rows["consistent_accuracy"].num_items) == (3, 1)


def test_all_that_fails_measures_nothing() -> None:
    found = values([make(JudgeAnswer, p_right=None, chosen=None, failure="error: busy")])
    assert found["failure_rate"] == 1.0 and found["accuracy"] is None and found["flip_rate"] is None


@pytest.mark.parametrize(
    ("judge", "best", "ties"), [("longest", 0.0, 0.0), ("first", 0.25, 0.0), ("constant", 0.25, 0.0)]
)
def test_the_best_of_four_shares_what_is_even(judge: str, best: float, ties: float) -> None:
    assert values(blind_answers([make(JudgeItem, **BEST)]), judge)["best_of_accuracy"] == best
    several = make(JudgeItem, **BEST, num_right=2)
    assert values(blind_answers([several]), judge)["best_of_accuracy"] == ties


def test_every_right_response_must_be_above_every_wrong_one() -> None:
    above = make(JudgeItem, **{**BEST, "responses": ["ccc", "bb", "d"]}, num_right=2)
    assert values(blind_answers([above]), "longest")["best_of_accuracy"] == 1.0


def test_styles_are_apart_by_how_much_plainer_the_right_one_is() -> None:
    answers = list(blind_answers([make(JudgeItem, **STYLES)]))
    found = values(answers, "longest")
    # the right one is longer in each style, and shorter than a fuller wrong one
    assert (found["easy_accuracy"], found["normal_accuracy"], found["hard_accuracy"]) == (1.0, 1.0, 0.0)
    assert found["accuracy"] == pytest.approx(6 / 9)
    calls = {row.metric: row.num_items for row in benchmark(answers) if row.judge == "longest"}
    # three of the nine pairs each, in both orders
    assert {calls[f"{style}_accuracy"] for style in ("easy", "normal", "hard")} == {6}


def test_f1_is_the_harmonic_mean_of_both_accuracies() -> None:
    wrong = [steps(f"w{number}", 2, 2 if number < 3 else 1) for number in range(4)]
    right = [steps(f"r{number}", 0, 0 if number < 1 else 3) for number in range(2)]
    found = values([*wrong, *right, steps("x", 1, None)])
    assert (found["error_accuracy"], found["correct_accuracy"]) == (0.75, 0.5)
    assert found["f1"] == pytest.approx(0.6) and found["failure_rate"] == pytest.approx(1 / 7)
    assert values(wrong)["f1"] is None


def test_content_blind_rows_on_steps_name_the_first_the_longest_or_none() -> None:
    solution: dict[str, Any] = {"suite": "prmbench", "kind": "steps", "responses": [], "num_right": 0}
    item = make(JudgeItem, **solution, steps=["a", "ccc", "bb"], first_error=2)
    answers = {answer.judge: answer.judged_first_error for answer in blind_answers([item])}
    assert answers == {"longest": 2, "shortest": 1, "first": 1, "constant": 0}


def test_a_failed_item_is_asked_of_nobody() -> None:
    assert not list(blind_answers([make(JudgeItem, failure="no label", responses=[], num_right=0)]))


def by_way(request: Request) -> str | Completion:
    """Right by probabilities, and always the first in words."""
    first, _ = shown(request)
    return said(request, 0.9 if not request.choices or BETTER in first else 0.1)


def answers_in(*ways: ComparisonSettings) -> Sequence[JudgeAnswer]:
    settings = AnswerSettings(kind="generative", comparisons=ways)
    return list(asked(lambda: items(12), "base_policy", completing(by_way), "m", settings))


def test_ways_of_asking_are_compared_call_by_call() -> None:
    answers = answers_in(ComparisonSettings(), ComparisonSettings(verdicts="schema", begun=False))
    rows: list[BenchmarkFigure] = list(benchmark(answers))
    found = {(row.asked, row.metric): row.value for row in rows}
    assert found["begun probabilities", "accuracy"] == 1.0 and found["schema", "accuracy"] == 0.5
    (agreed,) = [row for row in rows if row.metric == "agreement_with_schema"]
    assert (agreed.asked, agreed.value, agreed.num_items) == ("begun probabilities", 0.5, 24)
    assert agreed.low is not None and agreed.high is not None and agreed.low < 0.5 < agreed.high


def test_a_certificate_has_the_usual_way_and_names_a_bound_that_was_not_measured() -> None:
    answers = answers_in(ComparisonSettings(), ComparisonSettings(verdicts="text"))
    figures = {
        figure.label: figure for figure in certified(answers, ["llmbar_accuracy", "rm_bench_accuracy"])
    }
    assert figures["llmbar_accuracy"].value == 1.0 and figures["llmbar_accuracy"].certain is not None
    assert figures["llmbar_agreement_with_begun_text"].value == 0.5
    assert figures["rm_bench_accuracy"].value is None
