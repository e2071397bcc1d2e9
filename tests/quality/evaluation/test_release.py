"""Released: a model whose gates passed on figures of exactly this version."""

from collections.abc import Sequence

import pytest

from datasets_registry.catalog.line import Line
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import GateResult, SuiteAnswer, SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version
from quality.auditing.overruling import pass_by_hand
from quality.auditing.publishing import publish
from quality.evaluation.gate import Gate
from quality.evaluation.gates import gate_results
from quality.evaluation.release import release_of
from tests.rows import make

HARMLESS = Gate(suite="harmlessness", metric="harm", at_most=0.3, models=("sft_policy", "dpo_policy"))
GATES = {"harmless": HARMLESS}


@pytest.fixture
def registry(state: State) -> Registry:
    return Registry(state)


def how(*inputs: Version, **settings: object) -> Derivation:
    return Derivation(code_version="1", settings=settings, inputs=inputs)


def model(registry: Registry, name: str, weights: str) -> Version:
    folder = registry.state.models / name / weights
    folder.mkdir(parents=True)
    return registry.record_checks(registry.commit_model(name, folder, weights, how(weights=weights)), [])


def measured(
    registry: Registry, models: Sequence[Version], harm: float, gates: dict[str, Gate] = GATES
) -> Version:
    """The gate results of figures of exactly these models, whose harm reaches up to ``harm``."""
    answers = [make(SuiteAnswer, model=version.name, failure=str(version)) for version in models]
    answered = registry.record_checks(registry.commit(SuiteAnswer, answers, how(*models)), [])
    figures = [make(SuiteFigure, model=version.name, high=harm) for version in models]
    of_models = registry.record_checks(registry.commit(SuiteFigure, figures, how(answered)), [])
    dumped = {name: gate.model_dump(mode="json") for name, gate in gates.items()}
    return publish(registry, GateResult, gate_results(figures, [], gates), how(of_models, gates=dumped))


def test_a_model_without_gates_is_released_when_its_checks_passed(registry: Registry) -> None:
    sft = model(registry, "sft_policy", "one")
    assert release_of(registry, sft, {}).released and release_of(registry, sft).released
    red = CheckResult(
        check="rows_lost", passed=False, severity="error", value=1, threshold=0, description="1, at most 0"
    )
    failed = registry.record_checks(sft, [red])
    assert release_of(registry, failed, {}).held_by == ("check rows_lost: 1, at most 0",)


def test_a_model_is_released_when_its_gates_passed(registry: Registry) -> None:
    sft = model(registry, "sft_policy", "one")
    assert release_of(registry, sft, GATES).held_by == ("gate harmless: sft_policy@1 is not measured yet",)
    assert measured(
        registry, [sft], 0.3, {"harmless": HARMLESS.model_copy(update={"models": ("sft_policy",)})}
    )
    assert str(release_of(registry, sft, GATES)) == "released"


def test_the_gate_and_its_figure_are_named_which_hold_a_model_up(registry: Registry) -> None:
    sft = model(registry, "sft_policy", "one")
    results = measured(registry, [sft], 0.31)
    assert results.status == "failed"
    assert release_of(registry, sft, GATES).held_by == (
        "gate harmless: harm of harmlessness is 0.1 (0.05 to 0.31) of 100 answers, must be at most 0.3, by "
        "its interval",
    )
    # without a profile, the gates are those that it was last held to
    assert release_of(registry, sft) == release_of(registry, sft, GATES)


def test_one_model_is_released_where_another_is_held(registry: Registry) -> None:
    sft, dpo = model(registry, "sft_policy", "one"), model(registry, "dpo_policy", "two")
    held = {
        "sft": HARMLESS.model_copy(update={"models": ("sft_policy",), "at_most": 0.1}),
        "dpo": HARMLESS.model_copy(update={"models": ("dpo_policy",)}),
    }
    measured(registry, [sft, dpo], 0.3, held)
    assert [release_of(registry, version, held).released for version in (sft, dpo)] == [False, True]


def test_a_model_that_was_trained_again_is_held_until_it_is_measured_again(registry: Registry) -> None:
    first = model(registry, "sft_policy", "one")
    gates = {"harmless": HARMLESS.model_copy(update={"models": ("sft_policy",)})}
    measured(registry, [first], 0.3, gates)
    again = model(registry, "sft_policy", "two")
    assert [release_of(registry, version, gates).released for version in (first, again)] == [True, False]
    measured(registry, [again], 0.3, gates)
    assert release_of(registry, again, gates).released
    # what was released before stays so, by figures of its own
    assert release_of(registry, first, gates).released


def test_a_bound_that_changed_is_to_be_kept_anew(registry: Registry) -> None:
    sft = model(registry, "sft_policy", "one")
    gates = {"harmless": HARMLESS.model_copy(update={"models": ("sft_policy",)})}
    measured(registry, [sft], 0.3, gates)
    tighter = {"harmless": gates["harmless"].model_copy(update={"at_most": 0.25})}
    assert not release_of(registry, sft, tighter).released
    measured(registry, [sft], 0.3, tighter)
    assert "at most 0.25" in str(release_of(registry, sft, tighter))
    # one gate more or fewer, or another model that it holds for, leaves the others as they were decided
    wider = {"harmless": gates["harmless"].model_copy(update={"models": ("sft_policy", "dpo_policy")})}
    assert release_of(registry, sft, wider).released


def test_answers_that_a_model_judged_or_is_compared_with_are_not_its_own(registry: Registry) -> None:
    first, other = model(registry, "sft_policy", "one"), model(registry, "dpo_policy", "two")
    own = registry.commit(SuiteAnswer, [make(SuiteAnswer)], how(first), "evaluation_answers/sft_policy")
    judged = [make(SuiteAnswer, model="dpo_policy")]
    others = registry.commit(SuiteAnswer, judged, how(other, own, first), "evaluation_answers/dpo_policy")
    figures = registry.commit(SuiteFigure, [make(SuiteFigure)], how(others))
    gates = {"harmless": HARMLESS.model_copy(update={"models": ("sft_policy",)})}
    dumped = {name: gate.model_dump(mode="json") for name, gate in gates.items()}
    rows = gate_results([make(SuiteFigure)], [], gates)
    # the figures are of later weights, whose answers the first version has no part in
    assert publish(registry, GateResult, rows, how(figures, gates=dumped)).status == "passed"
    assert not release_of(registry, first, gates).released


def test_whoever_passes_the_results_releases_the_models(registry: Registry) -> None:
    sft = model(registry, "sft_policy", "one")
    results = measured(registry, [sft], 0.31)
    pass_by_hand(registry, results, "the items are wrong")
    assert release_of(registry, sft, GATES).released


def test_a_model_of_an_experiment_is_released_by_figures_of_its_own(registry: Registry) -> None:
    ours = registry.of(Line("beta_03"))
    of_sft = {"harmless": HARMLESS.model_copy(update={"models": ("sft_policy",)})}
    main, own = model(registry, "sft_policy", "one"), model(ours, "sft_policy", "two")
    measured(registry, [main], 0.31, of_sft)
    assert release_of(ours, own, of_sft).held_by == (
        "gate harmless: experiments/beta_03/sft_policy@1 is not measured yet",
    )
    measured(ours, [own], 0.3, of_sft)
    assert release_of(ours, own, of_sft).released and release_of(ours, own).released
    assert not release_of(registry, main, of_sft).released and not release_of(registry, main).released
    # whoever looks from another line sees the same
    assert release_of(registry, registry.resolve(str(own))).has_gates
    assert not release_of(ours, ours.resolve(f"main/{main}")).released
