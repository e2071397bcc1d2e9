"""Suites in the graph: a new item asks for itself alone, and a new judge leaves the others' answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.pipelines.whole import declare
from assets.profile.profile import load_profile
from assets.ui.evaluation import answer_summary, benchmark_summary, item_counts
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.judge_benchmark import BenchmarkFigure, JudgeAnswer, JudgeItem
from generation.request import Completion, Request
from generation.scripted import chosen
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
BUILT = ("base_policy", "other", "judge_items", "judge_benchmark")
SECTION = """
[judges.benchmark]
judges = ["base_policy"]
files = {{ llmbar = "{file}" }}
"""
ITEMS = [
    {"input": f"Name number {place}.", "output_1": f"{place}", "output_2": "No number.", "label": 1}
    for place in range(4)
]


def script(request: Request) -> Completion:
    """A judge that is sure of the first response."""
    return chosen(0.9, 0.1)


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    path = write_profile(tmp_path / "profile", tiny_model)
    (tmp_path / "natural.json").write_text(json.dumps(ITEMS[:3]))
    path.write_text(path.read_text() + SECTION.format(file=tmp_path / "natural.json"))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, script)


def build(workshop: Workshop) -> set[str]:
    """What is built of the suites and their judges."""
    return set(workshop.build({*BUILT, "judge_answers/base_policy", "judge_answers/other"}))


def test_only_what_is_new_is_asked(workshop: Workshop, tmp_path: Path, tiny_model: Path) -> None:
    build(workshop)
    assert len(workshop.requests) == 6
    version = workshop.registry.passed("judge_benchmark")
    rows = workshop.registry.rows(BenchmarkFigure, version)
    found = {(row.judge, row.metric): row.value for row in rows}
    assert (found["base_policy", "accuracy"], found["base_policy", "flip_rate"]) == (0.5, 1.0)
    assert found["longest", "accuracy"] == 0.0 and found["shortest", "accuracy"] == 1.0
    shown = benchmark_summary(rows)["suites"].value
    assert "| base_policy |" in shown and "| longest (content-blind) |" in shown

    (tmp_path / "natural.json").write_text(json.dumps(ITEMS))
    build(workshop)
    assert len(workshop.requests) == 2
    assert all("number 3" in request.messages[0].content for request in workshop.requests)
    before = workshop.versions()

    text = workshop.path.read_text().replace(
        'judges = ["base_policy"]\nfiles', 'judges = ["base_policy", "other"]\nfiles'
    )
    other = f'\n[models.other]\nmodel = "{tiny_model}"\n'
    workshop.path.write_text(text + other)
    build(workshop)
    assert "judge_answers/other" in workshop.versions()
    assert workshop.versions()["judge_answers/base_policy"] == before["judge_answers/base_policy"]
    answers = workshop.registry.rows(JudgeAnswer, workshop.registry.passed("judge_answers/other"))
    assert {row.judge for row in answers} == {"other"} and answer_summary(answers)["answers"] == 8
    items = workshop.registry.rows(JudgeItem, workshop.registry.passed("judge_items"))
    assert item_counts(items) == {"llmbar": 4, "failures": 0}


REWARD = """
[models.{name}]
trainer = "{name}"
base = "base_policy"
dataset = "{dataset}"
training = {{ max_steps = 8, max_length = 64 }}
"""
HOSTED = """
[models.hosted]
backend = "openai"
engine = { base_url = "http://127.0.0.1:1/v1", served_model = "m", api_key_env = "NO_KEY" }
"""
FAULTS = {
    "steps": (
        ("process_reward_model", REWARD.format(name="process_reward_model", dataset="preference_pairs"), ""),
        "process_reward_model is a process reward model, which judges steps, as prmbench and processbench",
    ),
    "begun": (("hosted", HOSTED, 'ways = ["begun text"]'), "ways has 'begun text', and the server"),
    "bound": (
        ("sft_policy", "", "[judges.certificate.bounds]\nllmbar_accuracy = { at_least = 0.9 }"),
        "bounds what is not measured of base_policy: add it to judges.benchmark.judges",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_judge_that_cannot_be_measured_is_refused(fault: str, workshop: Workshop) -> None:
    (judge, more, setting), message = FAULTS[fault]
    head, section = workshop.path.read_text().split("[judges.benchmark]")
    section = section.replace('["base_policy"]', f'["{judge}"]') + setting + "\n"
    workshop.path.write_text(f"{head}{more}\n[judges.benchmark]{section}")
    with pytest.raises(BadInput, match=message):
        declare(load_profile(str(workshop.path)))
