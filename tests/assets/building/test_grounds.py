"""Passed never outlives the ground on which it was passed: what checks read is an input, also of imports."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.orders.run import build
from assets.plan import plan
from datasets_registry.errors import UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from quality.auditing.overruling import pass_by_hand
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

PROMPTS = ("red_team_prompts", "helpful_prompts")
ANSWERS = ("base_policy", *PROMPTS, "helpful_answers")
TAUGHT = """
[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "examples"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128 }
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile of which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def hold_out(workshop: Workshop, prompt: str) -> None:
    """Add ``prompt`` to the held-out red-team prompts."""
    path = workshop.path.with_name("red_team.jsonl")
    held_out = json.loads(path.read_text().splitlines()[-1]) | {"prompt": prompt}
    path.write_text(f"{path.read_text()}\n{json.dumps(held_out)}")


def test_a_prompt_that_is_held_out_later_makes_the_set_that_has_it_stale_and_red(workshop: Workshop) -> None:
    workshop.build(only=ANSWERS)
    hold_out(workshop, "helpful train prompt 3")
    graph = workshop.graph()
    steps = {step.name: step for step in plan(graph, workshop.registry)}
    assert steps["helpful_answers"].reason == "red_team_prompts is built first"
    names = (*PROMPTS, "helpful_answers", "cai_revisions", "cai_sft", "sft_policy")
    failures = build(graph, workshop.instance, [step for step in steps.values() if step.name in names])
    assert any("helpful_answers: no_evaluation_prompt is 1" in failure for failure in failures)
    assert workshop.registry.newest("cai_sft") is None and workshop.registry.newest("sft_policy") is None
    with pytest.raises(UnpassedVersion, match="check no_evaluation_prompt failed"):
        workshop.graph().known.versions(workshop.registry).passed("helpful_answers")


def test_checks_read_a_dataset_that_is_built_before_and_otherwise_nothing_is_generated(
    workshop: Workshop,
) -> None:
    workshop.build(only=("base_policy", "helpful_prompts"))
    graph = workshop.graph()
    steps = [step for step in plan(graph, workshop.registry) if step.name == "helpful_answers"]
    (failure,) = build(graph, workshop.instance, steps)
    assert "'red_team_prompts' has no version" in failure and "materialize it first" in failure
    assert workshop.requests == [] and workshop.registry.newest("helpful_answers") is None


def test_an_imported_training_set_is_checked_again_before_a_model_learns_from_it(workshop: Workshop) -> None:
    workshop.path.write_text(workshop.path.read_text() + TAUGHT)
    prompt = "a prompt that somebody wrote and that is long enough to be told from all of the others here"
    rows = [make(SftExample, f"e{number}", prompt=f"{prompt} {number}") for number in range(4)]
    publish(workshop.registry, SftExample, rows, IMPORTED, "examples")
    # the rows come from no revisions or answers of ours, and a person says that they may be used
    pass_by_hand(workshop.registry, workshop.registry.version("examples", 1), "read all four")
    names = ("base_policy", *PROMPTS, "taught")
    assert set(workshop.build(only=names)) == set(names) and workshop.build(only=names) == []
    hold_out(workshop, f"{prompt} 3")
    graph = workshop.graph()
    steps = [step for step in plan(graph, workshop.registry) if step.name in names]
    assert {step.name for step in steps} == {"red_team_prompts", "taught"}
    (failure,) = build(graph, workshop.instance, steps)
    assert "examples@1 is not passed (check contamination failed" in failure
    assert len(workshop.registry.versions("taught")) == 1
