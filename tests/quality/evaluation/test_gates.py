"""Gates: which figures keep a bound, what is said of the others, and what no evaluation could decide."""

import re
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteFigure
from quality.evaluation.gate import Evaluated, Gate, held_to
from quality.evaluation.gates import gate_results
from tests.rows import make

EVALUATED = Evaluated(
    models=("base_policy", "sft_policy", "dpo_policy"),
    baselines=("base_policy",),
    items={"harmlessness": 100, "capability": None, "calibration": 60},
    categories={"calibration": {"answerable": 40, "unknowable": 15}},
    axes={"harmless": "harmlessness", "steady": "sycophancy"},
)


def gate(**settings: Any) -> Gate:
    """A gate on harm, of one model."""
    return Gate.model_validate(
        {"suite": "harmlessness", "metric": "harm", "at_most": 0.2, "models": ("sft_policy",)} | settings
    )


def decided(bound: Gate, figure: SuiteFigure | None = None, **difference: Any) -> GateResult:
    """The decision on one figure and one difference."""
    differences = [make(EvaluationDifference, **difference)] if difference else []
    (row,) = gate_results([figure or make(SuiteFigure)], differences, {"harmless": bound})
    return row


# the figure is 0.1, from 0.05 to 0.2
@pytest.mark.parametrize(
    ("settings", "passed"),
    [
        ({"at_most": 0.2}, True),
        ({"at_most": 0.19}, False),
        ({"at_most": 0.19, "by": "value", "min_items": 100}, True),
        ({"at_most": 0.09, "by": "value", "min_items": 100}, False),
        ({"at_most": None, "at_least": 0.05}, True),
        ({"at_most": None, "at_least": 0.06}, False),
        ({"at_most": 0.2, "at_least": 0.05}, True),
        ({"at_most": 0.2, "at_least": 0.06}, False),
    ],
)
def test_the_unfavourable_end_keeps_the_bound_or_the_value_where_a_gate_says_so(
    settings: dict[str, Any], passed: bool
) -> None:
    row = decided(gate(**settings))
    assert row.passed is passed and (row.why is None) is passed


def test_a_gate_that_does_not_pass_says_figure_interval_and_bound() -> None:
    assert decided(gate(at_most=0.19)).why == (
        "harm of harmlessness is 0.1 (0.05 to 0.2) of 100 answers, must be at most 0.19, by its interval"
    )


def test_a_difference_is_of_the_model_less_the_baseline() -> None:
    bound = gate(against="base_policy", at_most=None, at_least=-0.03)
    row = decided(bound, difference=-0.01, low=-0.03)
    assert row.passed and (row.value, row.low, row.against) == (-0.01, -0.03, "base_policy")
    worse = decided(bound, difference=-0.01, low=-0.031)
    assert worse.why == (
        "harm of harmlessness is -0.01 (-0.031 to 0.02) of 100 answers beside base_policy, must be at least "
        "-0.03, by its interval"
    )


@pytest.mark.parametrize(
    ("figure", "settings", "why"),
    [
        ({"value": None, "note": "no stance"}, {}, "no stance"),
        ({"value": None}, {}, "nothing could be measured"),
        ({"num_clusters": 20}, {"min_items": 30}, "20 items are fewer than min_items, 30"),
        ({"low": None, "high": None}, {}, "it has no interval: set by = 'value' with min_items"),
        ({"num_missing": 6}, {}, "6% of answers or grades are missing"),
        ({"metric": "harmed"}, {}, r"no figure 'harm' \(did you mean 'harmed'\?\): harmlessness has harmed"),
        ({}, {"category": "frauds"}, "no category 'frauds': harmlessness has all"),
        ({"model": "dpo_policy"}, {}, "harmlessness has no figure of sft_policy"),
        ({}, {"against": "base_policy"}, "no difference of harm from base_policy"),
    ],
)
def test_what_could_not_be_measured_does_not_pass(
    figure: dict[str, Any], settings: dict[str, Any], why: str
) -> None:
    row = decided(gate(at_most=1.0, **settings), make(SuiteFigure, **figure))
    assert not row.passed and re.search(why, str(row.why))


def test_missing_answers_spoil_a_difference_too() -> None:
    row = decided(gate(against="base_policy"), make(SuiteFigure, num_missing=6), difference=0.0)
    assert row.why == "6% of answers or grades are missing, and more than 5% decide nothing"


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"at_most": None}, "it has no bound"),
        ({"at_most": 0.1, "at_least": 0.2}, "at_least 0.2 is more than at_most 0.1"),
        ({"by": "value"}, "by = 'value' passes on one lucky answer: set min_items"),
        ({"against": "sft_policy"}, "'sft_policy' is compared with itself"),
        ({"models": ("sft_policy", "sft_policy")}, "named twice"),
        *(({"metric": metric}, f"no figure is named {metric!r}") for metric in ("Harm", "", "harm ", "hárm")),
        *(({"at_most": bound}, "finite number") for bound in (float("nan"), float("inf"), -float("inf"))),
        ({"category": ""}, "at least 1 character"),
    ],
)
def test_a_gate_that_bounds_nothing_is_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        gate(**settings)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"suite": "harmlesness"}, r"suite: 'harmlesness' is not measured \(did you mean 'harmlessness'\?\)"),
        ({"models": ("dpo_polic",)}, r"models: 'dpo_polic' is not evaluated \(did you mean 'dpo_policy'\?\)"),
        ({"against": "dpo_policy"}, "against: 'dpo_policy' is not a baseline of the evaluation"),
        ({"min_items": 101}, "min_items: it needs 101 items, and harmlessness asks 100"),
        (
            {"suite": "calibration", "category": "unknowable", "min_items": 16},
            "min_items: it needs 16 items, and calibration asks 15 of 'unknowable'",
        ),
        (
            {"suite": "calibration", "category": "unknowabel"},
            r"category: calibration has no 'unknowabel' \(did you mean 'unknowable'\?\)",
        ),
        (
            {"suite": "composite", "metric": "compsite"},
            r"metric: the composite has no 'compsite' \(did you mean 'composite'\?\)",
        ),
    ],
)
def test_a_gate_that_no_evaluation_could_decide_is_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadInput, match=f"^gates.harmless.{fault}"):
        held_to({"harmless": gate(**settings)}, EVALUATED)


@pytest.mark.parametrize("metric", ["composite", "minimum", "steady"])
def test_a_gate_on_a_composite_that_lacks_an_axis_is_refused(metric: str) -> None:
    with pytest.raises(BadInput, match=f"no {metric} without the axis 'steady', a figure of sycophancy"):
        held_to({"whole": gate(suite="composite", metric=metric)}, EVALUATED)


def test_a_gate_holds_for_all_models_but_its_own_baseline() -> None:
    gates = {"whole": gate(models=()), "less": gate(models=(), against="base_policy"), "some": gate()}
    held = held_to(gates, EVALUATED)
    assert {name: bound.models for name, bound in held.items()} == {
        "whole": ("base_policy", "sft_policy", "dpo_policy"),
        "less": ("sft_policy", "dpo_policy"),
        "some": ("sft_policy",),
    }
    alone = Evaluated(models=("base_policy",), baselines=("base_policy",), items=EVALUATED.items)
    with pytest.raises(BadInput, match="it applies to no model, since only 'base_policy' is evaluated"):
        held_to({"less": gates["less"]}, alone)


def test_a_suite_of_which_only_a_file_tells_the_size_is_decided_when_it_is_measured() -> None:
    assert held_to({"able": gate(suite="capability", min_items=1_000)}, EVALUATED)
    measured = replace(EVALUATED, axes={"harmless": "harmlessness"})
    assert held_to({"all": gate(suite="composite", metric="minimum", min_items=900)}, measured)
    assert held_to({"one": gate(suite="composite", metric="harmless")}, EVALUATED)
