"""What a plan calls stale and why; and what it says that a rebuild took before."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from assets.building.recipe import Recipe
from assets.building.versions import Versions
from assets.cli.commands import app
from assets.graph import Graph
from assets.plan import Spent, Step, plan, spent
from assets.profile.profile import load_profile
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Problem
from datasets_registry.version import IMPORT, CheckResult, Derivation, Version
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Message, Request
from generation.scripted import ScriptedBackend
from methods import templates
from methods.reading import equations
from methods.rft import stopping
from methods.verifiers.maths import number
from quality.auditing.overruling import pass_by_hand
from tests.rows import make

RED = CheckResult(check="c", passed=False, severity="error", value=1, threshold=0, description="none")


def build(registry: Registry, recipe: Recipe, *ids: str, above: Sequence[Recipe] = ()) -> Version:
    """A passed version by ``recipe`` with these rows; ``above`` are the recipes of its inputs."""
    rows = [make(SftExample, name) for name in ids or ("p1",)]
    how = derivation(registry, recipe, *above)
    return registry.record_checks(registry.commit(SftExample, rows, how, recipe.name), [])


def derivation(registry: Registry, recipe: Recipe, *above: Recipe) -> Derivation:
    """How ``recipe`` is made now."""
    recipes = {known.name: known for known in (*above, recipe)}
    return Versions(recipes, {}, registry).derivation(recipe.name)


def why(registry: Registry, *recipes: Recipe) -> dict[str, str]:
    """The plan's reasons by name."""
    steps = plan(Graph(load_profile("laptop"), recipes, ()), registry)
    return {step.name: step.reason for step in steps}


def recipe(
    name: str = "made", *inputs: str, code: ModuleType = number, text: str | None = None, **settings: object
) -> Recipe:
    """A recipe of few parts."""
    templates = (text,) if text else ()
    return Recipe(name, {"inputs": inputs} if inputs else {}, settings, templates, (code.__name__,))


def test_what_was_never_built_and_all_below_it_are_stale(registry: Registry) -> None:
    reasons = why(registry, recipe("above"), recipe("below", "above"))
    assert reasons == {"above": "never built", "below": "above is built first"}


def test_what_was_built_so_is_not_stale(registry: Registry) -> None:
    build(registry, recipe())
    assert why(registry, recipe()) == {}


def test_a_changed_setting_is_named_with_both_values(registry: Registry) -> None:
    build(registry, recipe(training={"rate": 0.1, "steps": 5}))
    assert why(registry, recipe(training={"rate": 0.2, "steps": 5})) == {"made": "training.rate: 0.1 → 0.2"}


def test_a_changed_prompt_text_is_named(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    text = tmp_path / "critique.txt"
    text.write_text("Say what is wrong.")
    build(registry, recipe(text="critique"))
    text.write_text("Say what is right.")
    assert why(registry, recipe(text="critique")) == {"made": "critique.txt changed"}


def test_changed_modules_are_named_and_many_are_counted(registry: Registry) -> None:
    build(registry, recipe(code=equations))
    (reason,) = why(registry, recipe(code=number)).values()
    assert (
        "methods.reading.equations changed" in reason and "methods.verifiers.maths.number changed" in reason
    )
    (reason,) = why(registry, recipe(code=stopping, a=1, b=1, c=1)).values()
    assert reason.startswith("a: null → 1; b: null → 1; c: null → 1;") and reason.endswith(" more")


def test_a_new_version_of_an_input_is_named_with_the_old_one(registry: Registry) -> None:
    build(registry, recipe("above"))
    build(registry, recipe("below", "above"), above=[recipe("above")])
    build(registry, recipe("above", seed=1), "p1", "p2")
    reasons = why(registry, recipe("above", seed=1), recipe("below", "above"))
    assert reasons == {"below": "above@2 in place of above@1"}


def test_an_input_that_comes_or_goes_is_named(registry: Registry) -> None:
    inputs = [recipe("above"), recipe("beside")]
    for above in inputs:
        build(registry, above)
    alone, both = recipe("below", "above"), recipe("below", "above", "beside")
    build(registry, alone, above=inputs)
    assert why(registry, *inputs, both)["below"] == "beside@1 in place of nothing"
    build(registry, both, "p2", above=inputs)
    assert why(registry, *inputs, recipe("below", "beside"))["below"] == "no longer made from above"


def test_a_red_version_is_held_with_all_below_it_until_something_changes(registry: Registry) -> None:
    red = registry.record_checks(build(registry, recipe()), [RED])
    reason = "made@1 is not passed (check c failed: none): fix its inputs and build it again"
    steps = plan(Graph(load_profile("laptop"), (recipe(), recipe("below", "made")), ()), registry)
    assert steps == [Step("made", reason, held=True), Step("below", reason, held=True)]
    assert why(registry, recipe(seed=1)) == {"made": "seed: null → 1"}
    pass_by_hand(registry, red, "looked at it")
    assert why(registry, recipe(), recipe("below", "made")) == {"below": "never built"}


def test_a_red_or_missing_import_holds_what_stands_on_it_and_nothing_else(registry: Registry) -> None:
    recipes = (recipe("taught", "problems"), recipe("preferred", "taught"), recipe("apart"))
    graph = Graph(load_profile("laptop"), recipes, (), imported=("problems",))
    (taught, preferred, apart) = plan(graph, registry)
    assert "'problems' has no version yet" in taught.reason and taught.held and preferred.held
    assert preferred.reason == taught.reason and apart == Step("apart", "never built")
    how = Derivation(code_version=f"{IMPORT}test:1", settings={}, inputs=())
    version = registry.commit(Problem, [make(Problem)], how)
    registry.record_checks(version, [RED])
    assert [step.reason.partition(" (")[0] for step in plan(graph, registry)] == [
        *["problems@1 is not passed"] * 2,
        "never built",
    ]
    pass_by_hand(registry, version, "looked at it")
    assert [step.held for step in plan(graph, registry)] == [False] * 3


def test_where_parts_were_not_recorded_the_kind_of_change_is_all_that_is_known(registry: Registry) -> None:
    how = derivation(registry, recipe(code=equations)).model_copy(update={"parts": {}})
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], how, "made"), [])
    assert why(registry, recipe(code=number)) == {"made": "code, settings or prompt texts changed"}


def test_what_calls_took_is_summed_by_asset(registry: Registry) -> None:
    requests = [Request(messages=(Message(role="user", content=text),)) for text in ("a", "b")]
    backend = ScriptedBackend(lambda _: "two words")
    Completer(backend, Ledger(registry.state.ledger), asset="made", report=lambda _: None)("x", requests)
    costs = spent(registry)
    assert costs["made"].calls == 2 and costs["made"].tokens > 0 and costs["made"] != Spent()


def test_a_training_counts_for_the_model_that_it_made_alone(registry: Registry) -> None:
    weights = registry.state.models / "weights"
    weights.mkdir(parents=True)
    (weights / "config.json").write_text("{}")
    (weights / "manifest.json").write_text(json.dumps({"name": "policy", "seconds": 60.0}))
    for name in ("policy", "released"):
        made = registry.commit_model(name, weights, "f" * 64, derivation(registry, recipe(name)))
        registry.record_checks(made, [])
    assert registry.newest("released") and spent(registry) == {"policy": Spent(training_seconds=60.0)}


def test_the_command_shows_why_and_runs_nothing(registry: Registry) -> None:
    result = CliRunner().invoke(app, ["plan", "--json"], catch_exceptions=False)
    rows = {row["asset"]: row for row in json.loads(result.stdout)}
    assert rows["problems"]["why"] == "never built" and rows["dpo_policy"]["why"].endswith("is built first")
    assert registry.names("dataset") == [] and registry.names("model") == []
    printed = CliRunner().invoke(app, ["plan"], catch_exceptions=False).stdout
    assert f"{len(rows)} of {len(rows)} assets to build" in printed


def test_stale_models_are_listed_with_the_reason(registry: Registry, tiny_model: Path) -> None:
    made = derivation(registry, recipe("sft_policy"))
    registry.record_checks(registry.commit_model("sft_policy", tiny_model, "f" * 64, made), [])
    result = CliRunner().invoke(app, ["models", "--stale", "--json"], catch_exceptions=False)
    (row,) = json.loads(result.stdout)
    assert row["name"] == "sft_policy" and row["why"].endswith("is built first")
