"""The whole graph on scripted replies and real training: built once, rebuilt only where content changed."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.orders.run import build
from assets.plan import plan
from benchmarks.sides.labels.judge_call import shown
from datasets_registry.hashing import digest
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.rlaif import AiJudgement
from generation.request import Completion, Request
from generation.scripted import chosen
from methods.judging.comparison import CHOICES
from methods.judging.constitution import load_constitution
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

# everything that a profile may ask for beyond what the demo does
MORE = """
[rlaif.pairs]
num_samples = 3
selection = "best_worst"

[judges.human_agreement]
num_pairs = 3
signal = "honesty"

[judges.steering]
num_pairs = 3
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def script(request: Request) -> str | Completion:
    """Answers that differ by sample and by all that was said; a judge that prefers the longer one."""
    if request.choices == CHOICES:
        first, second = shown(request)
        p = 0.5 if first == second else 0.8 if len(first) > len(second) else 0.2
        return chosen(p, 1 - p)
    if request.choices:
        return chosen(*[0.9 / len(request.choices)] * len(request.choices))
    text = digest([turn.content for turn in request.messages])[:8]
    # neither sample of a prompt is the longer one as a rule
    return f"answer {'again ' * ((request.sample + int(text, 16)) % 2)}{text}"


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A workshop in which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    # scripted replies are whole words, and would end at the first of these letters
    path.write_text(path.read_text().replace('stop = ["e"]', "") + MORE)
    people = [make(HumanPreference, f"q{place}", rejected="no" * place) for place in range(1, 5)]
    publish(registry, HumanPreference, people, IMPORTED)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, script)


def question_of(workshop: Workshop, principle: str) -> str:
    """The principle's preference question as it stands in the file."""
    return load_constitution(workshop.path.with_name("constitution.toml"))[principle].preference_question


def test_only_what_depends_on_an_edit_is_made_anew(workshop: Workshop) -> None:
    assert len(workshop.build()) == 24
    first = workshop.versions()
    assert set(first.values()) == {1} and len(first) == 25
    for entry in list_datasets(workshop.registry):
        assert entry.checks_passed + len(entry.warnings) == entry.checks > 0, entry
    trained = {model.name: list(model.trained_on) for model in list_models(workshop.registry)}
    assert (trained["sft_policy"], trained["dpo_policy"]) == (["cai_sft@1"], ["preference_pairs@1"])

    assert workshop.build() == [] and workshop.requests == []

    judged = workshop.registry.rows(AiJudgement, workshop.registry.passed("ai_judgements"))
    held_out = ("avoid_harm", "answer_helpfully")
    principle = next(judgement.principle_id for judgement in judged if judgement.principle_id not in held_out)
    workshop.edit(question_of(workshop, principle), "Which response is better in this test?")
    workshop.build()
    assert len(workshop.requests) == sum(judgement.principle_id == principle for judgement in judged)
    assert all("in this test" in request.messages[0].content for request in workshop.requests)
    # the verdicts came out the same, so no label and no model changed
    assert workshop.changed(first) == {"ai_judgements"}

    steps = workshop.registry.rows(RevisionStep, workshop.registry.passed("cai_revisions"))
    edited = load_constitution(workshop.path.with_name("constitution.toml"))[steps[0].principle_id]
    workshop.edit(edited.critique_request, "Say what is wrong.")
    assert "red_team_prompts" not in workshop.build()
    critiques = [
        request for request in workshop.requests if request.messages[-1].content == "Say what is wrong."
    ]
    assert len(critiques) == sum(revision.principle_id == edited.id for revision in steps)
    assert {"cai_revisions", "sft_policy", "dpo_policy"} <= workshop.changed(first)
    assert not {"red_team_prompts", "helpful_prompts", "helpful_answers"} & workshop.changed(first)


def test_a_red_blocking_check_stops_everything_below_and_says_why(workshop: Workshop) -> None:
    workshop.path.write_text(
        workshop.path.read_text().replace("outside_probability = 1.0", "outside_probability = 0.1")
    )
    workshop.script = lambda request: chosen(0.3, 0.3) if request.choices == CHOICES else script(request)
    graph = workshop.graph()
    failures = build(graph, workshop.instance, plan(graph, workshop.registry))
    assert any(
        "ai_judgements: parse_rate is 0, must be at least 0.9; catches a judge" in failure
        for failure in failures
    )
    assert {entry.name: entry.status for entry in list_datasets(workshop.registry)}[
        "ai_judgements"
    ] == "failed"
    assert "preference_pairs" not in workshop.versions() and "dpo_policy" not in workshop.versions()
