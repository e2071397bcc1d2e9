"""Gates and leaks in the graph: what waits for what, and gates that are refused before anything is asked."""

from typing import Any

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset
from assets.pipelines.gates import gates_of
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from tests.assets.graphs import declared

ABLE = {"suite": "capability", "metric": "accuracy", "at_least": -0.03, "against": "base_policy"}


def content(**gate: Any) -> dict[str, Any]:
    """A profile with a gate; ``gate`` overrides its fields."""
    trained = {"trainer": "sft", "base": "base_policy", "training": {"max_length": 128}}
    return {
        "description": "A policy with a gate",
        "models": {
            "base_policy": {"model": "lab"},
            "sft_policy": {**trained, "dataset": "demonstrations"},
            "next_policy": {**trained, "base": "sft_policy", "dataset": "more_demonstrations"},
        },
        "evaluation": {
            "models": ["next_policy"],
            "base": "base_policy",
            "suites": ["capability", "over_refusal"],
            "items": {"capability": 20},
        },
        "gates": {"able": ABLE | gate},
    }


def test_gates_stand_on_figures_and_answers_wait_for_leaks() -> None:
    datasets = {name: each for name, each in declared(content()).assets.items() if isinstance(each, Dataset)}
    gates = datasets["gate_results"]
    assert gates.inputs == {
        "evaluation": ("evaluation",),
        "evaluation_differences": ("evaluation_differences",),
    }
    assert gates.settings.model_dump()["gates"]["able"]["models"] == ("next_policy",)
    leaks = datasets["evaluation_leaks"]
    assert set(leaks.inputs) == {"evaluation_items", "demonstrations", "more_demonstrations"}
    for model in ("base_policy", "next_policy"):
        assert datasets[f"evaluation_answers/{model}"].waits == ("evaluation_leaks",)


def test_without_gates_there_are_no_results() -> None:
    assert "gate_results" not in declared(content() | {"gates": {}}).assets


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        (
            {"suite": "capabilities"},
            r"gates.able.suite: 'capabilities' is not measured \(did you mean 'capab",
        ),
        ({"models": ["sft_policy"]}, "gates.able.models: 'sft_policy' is not evaluated"),
        ({"against": "sft_policy"}, "gates.able.against: 'sft_policy' is not a baseline"),
        ({"min_items": 21}, "gates.able.min_items: it needs 21 items, and capability asks 20"),
        (
            {"suite": "over_refusal", "metric": "youden", "min_items": 1_000},
            "gates.able.min_items: it needs 1000 items, and over_refusal asks 60",
        ),
        ({"category": "fact"}, r"gates.able.category: capability has no 'fact' \(did you mean 'facts'\?\)"),
        ({"suite": "composite", "metric": "minimum"}, "gates.able: there is no minimum without the axis"),
    ],
)
def test_a_gate_that_cannot_be_decided_is_refused_before_any_call(gate: dict[str, Any], fault: str) -> None:
    profile = Profile.model_validate(content(**gate))
    with pytest.raises(BadInput, match=f"^{fault}"):
        gates_of(profile)
    with pytest.raises(BadInput, match=f"^{fault}"):
        declared(content(**gate))


@pytest.mark.parametrize(
    ("gate", "fault"),
    [({"at_least": None}, "it has no bound"), ({"models": ["base_policy"]}, "is compared with itself")],
)
def test_a_gate_that_bounds_nothing_is_refused(gate: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Profile.model_validate(content(**gate))


def test_gates_need_an_evaluation() -> None:
    with pytest.raises(ValidationError, match=r"\[gates\] bound figures of \[evaluation\]: add it"):
        Profile.model_validate({**content(), "evaluation": None})


def test_what_the_graph_adds_to_a_suite_is_counted_when_it_is_measured() -> None:
    gate = {"min_items": 1_000, "category": "sums"}
    asked = content(**gate)
    asked["evaluation"] |= {"items": {}, "problems": "also"}
    with pytest.raises(BadInput, match="capability has no 'sums'"):
        gates_of(Profile.model_validate(content(**gate)))
    assert gates_of(Profile.model_validate(asked | {"problems": {}}))["able"].min_items == 1_000
