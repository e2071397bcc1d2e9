"""Figures and their intervals."""

import pytest

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.evaluation import EvaluationAnswer
from quality.evaluation.metrics import distinct_n, metrics
from tests.rows import make


def test_wilson_gives_the_textbook_interval() -> None:
    low, high = wilson_interval(5, 10)
    assert [low, high] == pytest.approx([0.2366, 0.7634], abs=1e-4)
    assert wilson_interval(0, 10)[0] == 0 and wilson_interval(0, 10)[1] > 0.2


def test_lengths_are_means_over_groups_of_prompts() -> None:
    answers = [
        make(EvaluationAnswer, f"p{place}", split_group=group, num_tokens=tokens)
        for place, (group, tokens) in enumerate([("g", 2), ("g", 4), ("h", 9), ("h", 9)])
    ]
    (row,) = [row for row in metrics(answers) if row.metric == "mean_tokens"]
    assert (row.value, row.num_items) == (6, 4)
    assert row.low is not None and row.high is not None and row.high - row.low > 70
    (alone,) = [row for row in metrics(answers[:2]) if row.metric == "mean_tokens"]
    assert alone.value == 3 and alone.low is None


def test_distinct_n_counts_distinct_grams() -> None:
    assert distinct_n(["a b a b"], 1) == pytest.approx(2 / 4)
    assert distinct_n(["a b a b"], 2) == pytest.approx(2 / 3)
    assert distinct_n(["a"], 3) is None


def test_ties_count_half_and_unparsed_verdicts_count_apart() -> None:
    verdicts = ["win", "tie", "same", "loss", "unparsed"]
    answers = [make(EvaluationAnswer, str(place), verdict=verdict) for place, verdict in enumerate(verdicts)]
    figures = {metric.metric: metric for metric in metrics(answers)}
    assert figures["win_rate"].value == 0.5 and figures["win_rate"].num_items == 4
    assert figures["unparsed_rate"].value == pytest.approx(0.2)


def test_what_the_judge_adds_to_refusals_is_shown_apart() -> None:
    unsure = {"refusal_sure": False}
    answers = [
        make(EvaluationAnswer, "p1", refusal="full"),
        make(EvaluationAnswer, "p2", judged_refusal="partial", **unsure),
        make(EvaluationAnswer, "p3", refusal="partial", judged_refusal="none", **unsure),
        make(EvaluationAnswer, "p4", judged_refusal="full", **unsure),
        make(EvaluationAnswer, "p5", refusal="partial", refusal_failure="error: gone", **unsure),
    ]
    figures = {metric.metric: metric for metric in metrics(answers)}
    shares = {name: figures[f"{name}_rate"].value for name in ("refusal", "partial_refusal")}
    assert shares == {"refusal": pytest.approx(0.6), "partial_refusal": pytest.approx(0.4)}
    judged = [figures[f"judged_{name}_rate"].value for name in shares]
    assert judged == [pytest.approx(0.8), pytest.approx(0.4)]
    assert (figures["unsure_refusal_rate"].value, figures["unjudged_refusal_rate"].value) == (0.8, 0.25)
    (sure,) = [row for row in metrics(answers[:1]) if row.metric == "unjudged_refusal_rate"]
    assert sure.value is None and sure.num_items == 0


def test_the_base_has_no_win_rate_and_each_kind_its_own_figures() -> None:
    answers = [
        make(EvaluationAnswer, "p1", model="base_policy", refusal="full"),
        make(EvaluationAnswer, "p2", model="base_policy", kind="red_team", num_tokens=9),
    ]
    values = {(metric.kind, metric.metric): metric.value for metric in metrics(answers)}
    assert ("helpful", "win_rate") not in values
    assert (values["helpful", "refusal_rate"], values["red_team", "refusal_rate"]) == (1.0, 0.0)
    assert values["red_team", "mean_tokens"] == 9
