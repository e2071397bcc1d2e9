"""Problems, draws, selections, step labels and the models on them: rebuilt where content changed."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.graph import build_graph
from assets.pipelines.whole import declare
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.hashing import derive_seed
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.registry import Registry
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate
from generation.request import Request
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_profile
from tests.assets.workshop import Workshop

STEPS = "max_steps = 2, min_steps = 1"
TRAINING = f"{{ learning_rate = 1e-3, {STEPS}, batch_size = 4, max_length = 128, lora_rank = 'none' }}"
REASONING = f"""
[[problems.families]]
family = "sums"
style = "symbols"
sizes = [3]
train = 24
evaluation = 4

[[problems.families]]
family = "word_problems"
train = 8
evaluation = 2

[problems.gold]
lab_solutions = {{ families = ["symbol_sums"], number = 8 }}
cold_start_solutions = {{ families = ["word_problems"], number = 8 }}

[models.lab_base]
model = "lab"

[models.lab_policy]
trainer = "sft"
base = "lab_base"
dataset = "lab_solutions"
training = {TRAINING}

[models.cold_start_policy]
trainer = "sft"
base = "base_policy"
dataset = "cold_start_solutions"
training = {{ max_steps = 1, min_steps = 1, warmup_share = 0, batch_size = 4, max_length = 512 }}

[rft]
gold = "lab_solutions"
earlier = []

[rft.candidates]
policies = ["lab_policy"]
families = ["symbol_sums"]
number = 16
rule = {{ until = "mixed", max_draws = 8 }}
reward = "judge"
num_rationalisations = 2

[models.rft_policy]
trainer = "sft"
base = "lab_policy"
dataset = "rft_selections"
training = {TRAINING}

[models.reward_model]
trainer = "reward_model"
base = "lab_policy"
dataset = "verified_pairs"
training = {TRAINING}

[prm]
completer = "lab_policy"
judge = "base_policy"
solutions = {{ per_problem = 2 }}

[models.process_reward_model]
trainer = "process_reward_model"
base = "rft_policy"
dataset = "step_labels"
training = {TRAINING}
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def script(request: Request) -> str:
    """Adds from where it stands, one too much now and then; a judge that gives 7 and finds no fault."""
    if request.choices:
        return ""
    prompt, so_far = request.messages[0].content, ""
    if request.continues:
        so_far = request.messages[-1].content
    if not prompt.endswith("=?"):
        return "0" if request.continues else "A:0"
    numbers = [int(part) for part in prompt.removesuffix("=?").split("+")]
    lines = so_far.splitlines()
    total = int(lines[-1].rpartition("=")[2]) if lines else numbers[0]
    written = []
    for place, number in enumerate(numbers[len(lines) + 1 :]):
        wrong = derive_seed(request.noise_key, place) % 4 == 0
        written.append(f"{total}+{number}={total + number + wrong}")
        total += number + wrong
    return "\n".join([*written, f"A:{total}"])


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A workshop in which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text() + REASONING)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, script)


def reasoning(workshop: Workshop) -> set[str]:
    """The names of what these pipelines build, and the given models."""
    declared = declare(load_profile(str(workshop.path)))
    names = {asset.name for asset in declared if asset.group in ("problems", "rft", "prm")}
    return {"base_policy", "lab_base", *names}


def test_only_what_depends_on_an_edit_is_made_anew(workshop: Workshop) -> None:
    names = reasoning(workshop)
    assert len(names) == 17 and set(workshop.build(names)) == names
    first = workshop.versions()
    assert set(first.values()) == {1} and set(first) == names
    for entry in list_datasets(workshop.registry):
        assert entry.checks_passed + len(entry.warnings) == entry.checks > 0, entry
    trained = {model.name: list(model.trained_on) for model in list_models(workshop.registry)}
    assert trained["rft_policy"] == ["rft_selections@1"]
    assert trained["reward_model"] == ["verified_pairs@1"]
    assert trained["process_reward_model"] == ["step_labels@1"]
    candidates = workshop.registry.rows(Candidate, workshop.registry.passed("candidates"))
    assert {candidate.stop for candidate in candidates} >= {"mixed"}
    labelled = workshop.registry.rows(StepLabels, workshop.registry.passed("step_labels"))
    assert any(labels.first_error for labels in labelled) and all(labels.judge_key for labels in labelled)

    assert workshop.build(names) == [] and workshop.requests == []

    path = workshop.path
    path.write_text(
        path.read_text().replace("[models.rft_policy]", "[rft.selections]\ntop_k = 1\n\n[models.rft_policy]")
    )
    planned = workshop.build(names)
    assert workshop.requests == []
    assert planned == ["rft_selections", "rft_policy", "process_reward_model"]

    # fewer problems are drawn for, and what was drawn before is selected from all the same
    before = workshop.registry.table(workshop.registry.passed("rft_selections"))
    fewer = path.read_text().replace("number = 16", "number = 8")
    path.write_text(fewer.replace("earlier = []", 'earlier = ["round_one"]'))
    how = IMPORTED.model_copy(update={"inputs": (workshop.registry.passed("problems"),)})
    publish(workshop.registry, Candidate, candidates, how, "round_one")
    workshop.build({"candidates", "rft_selections"})
    after = workshop.registry.table(workshop.registry.passed("rft_selections"))
    assert workshop.versions()["candidates"] == 2 and after.equals(before)
    inputs = workshop.registry.derivation(workshop.registry.passed("rft_selections")).inputs
    assert sorted(map(str, inputs)) == ["candidates@2", "lab_solutions@1", "problems@1", "round_one@1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'judge = "base_policy"\nsolutions',
            'judge = "nobody"\nsolutions',
            "prm.judge: unknown model 'nobody'",
        ),
        (
            "[rft]",
            "[rft_]",
            "unknown key 'rft_'",
        ),
        ("number = 16", "number = 0", "rft.candidates.number"),
        ('until = "mixed", max_draws = 8', 'until = "mixed", max_draws = 1', "take at least 2"),
        ('family = "word_problems"', 'family = "riddles"', "problems.families.1.family"),
    ],
)
def test_a_section_that_cannot_be_built_is_a_sentence(
    workshop: Workshop, old: str, new: str, said: str
) -> None:
    text = workshop.path.read_text()
    assert old in text
    workshop.path.write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=said):
        build_graph(load_profile(str(workshop.path)))
