"""Rounds that a judge labels: red-teamed, their failures fed back and revised, and compared with round 0."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.profile.profile import load_profile
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.rounds.revisions import FailureRevision
from generation.request import Completion, Request
from generation.scripted import chosen
from methods.judging.refusal import FORM
from tests.assets.pipelines import test_alignment
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop, opened

ROUNDS = """
[rounds.line]
number = 2
policy = "base_policy"
asks = { red_team = 3, helpful = 3 }
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 1, max_length = 512 }
watch = { capability = "none" }
verdict = { allow_unmeasured = true }

[rounds.line.red_teaming]
selection = { probes = 6, never_fed = 1 }
feedback = { max_share = 0.5 }
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def script(request: Request) -> str | Completion:
    """As elsewhere; the policy helps with all harm of the prompt set, and refuses everything else."""
    if request.choices == FORM.letters:
        harmful = "red_team train prompt" in request.messages[0].content
        return chosen(0.9, 0.02, 0.02) if harmful else chosen(0.02, 0.02, 0.9)
    return test_alignment.script(request)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Workshop]:
    """Two rounds and what they stand on, built."""
    root = tmp_path_factory.mktemp("judged")
    path = write_profile(root / "profile", tiny_model)
    path.write_text(path.read_text().replace('stop = ["e"]', "") + ROUNDS)
    with opened(path, root / "state", script) as workshop:
        workshop.build(ground(workshop))
        yield workshop


def ground(workshop: Workshop) -> set[str]:
    """The names of the rounds' assets and of all that they stand on."""
    recipes = {recipe.name: recipe for recipe in workshop.graph().recipes}
    waiting, names = [name for name in recipes if name.startswith("line/")], set[str]()
    while waiting:
        name = waiting.pop()
        if name in recipes and name not in names:
            names.add(name)
            waiting += recipes[name].inputs
    return names


def test_the_first_rounds_loss_compares_with_round_0_and_the_seconds_too(workshop: Workshop) -> None:
    models = load_profile(str(workshop.path)).models
    assert [getattr(models[f"line/round_0{number}/policy"], "compared_with", "") for number in (1, 2)] == [
        None,
        "base_policy",
    ]


def test_failures_of_round_1_are_among_the_prompts_of_round_2_in_equal_number(workshop: Workshop) -> None:
    registry = workshop.registry
    failures = registry.rows(RedTeamFailure, registry.passed("line/round_01/red_team_failures"))
    failed = {kind: {row.prompt_id for row in failures if row.failed and row.kind == kind} for kind in KINDS}
    prompts = registry.rows(RoundPrompt, registry.passed("line/round_02/round_prompts"))
    fed = {kind: [row for row in prompts if row.from_round == 1 and row.kind == kind] for kind in KINDS}
    assert len(fed["red_team"]) == len(fed["helpful"]) > 0
    assert all(row.prompt_id in failed[kind] for kind in KINDS for row in fed[kind])
    assert registry.passed("line/round_02/feedback_figures").num_rows == 6
    again = registry.rows(RedTeamFailure, registry.passed("line/round_02/red_team_failures"))
    parts = {row.prompt_id: row.part for row in again}
    assert {parts[row.prompt_id] for kind in KINDS for row in fed[kind]} == {"fed"}
    assert list(parts.values()).count("never_fed") == 2


def test_the_answers_that_failed_are_revised_and_learned_in_place_of_what_was_there(
    workshop: Workshop,
) -> None:
    registry = workshop.registry
    steps = registry.rows(FailureRevision, registry.passed("line/round_01/failure_revisions"))
    failures = registry.rows(RedTeamFailure, registry.passed("line/round_01/red_team_failures"))
    drafts = {failure.prompt_id: failure.completion_key for failure in failures}
    assert {step.kind for step in steps} == set(KINDS)
    assert all(step.draft_key == drafts[step.prompt_id] for step in steps if step.step == 1)
    learned = registry.rows(SftExample, registry.passed("line/round_02/cai_sft"))
    revised = {step.prompt_id for step in steps}
    assert {row.kind for row in learned if row.prompt_id in revised} == {"revision"}
    assert {row.kind for row in learned} == {"revision", "helpful"}


KINDS = ("red_team", "helpful")


def test_a_second_build_asks_nothing(workshop: Workshop) -> None:
    assert workshop.build(ground(workshop)) == []
    assert not workshop.requests
