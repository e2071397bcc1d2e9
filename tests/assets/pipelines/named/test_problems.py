"""Any imported dataset of problems may be the profile's problems."""

from pathlib import Path

import pytest

from assets.graph import Graph, build_graph
from assets.plan import plan
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.version import Version
from tests.assets.importing import bring
from tests.assets.small import IMPORTED
from tests.rows import make

PROFILE = """
[models.base_policy]
model = "lab"

[problems]
dataset = "gsm8k"
verifier = { kind = "maths" }

[problems.gold.worked]
number = 8

[rft.candidates]
policies = ["base_policy"]

[rounds.again]
number = 1
policy = "base_policy"
learns = "rft_selections"
asks = { each = "same" }
[rounds.again.watch]
capability = "none"

[evaluation]
base = "base_policy"
models = ["tuned"]
suites = ["capability"]
problems = "only"

[models.tuned]
trainer = "sft"
base = "base_policy"
dataset = "rft_selections"
"""


def graph_of(folder: Path, text: str) -> Graph:
    path = folder / "mine.toml"
    path.write_text(text)
    return build_graph(load_profile(str(path)))


def test_a_named_import_is_read_wherever_problems_are(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, PROFILE)
    assert graph.imported == ("gsm8k",)
    readers = {recipe.name for recipe in graph.recipes if "gsm8k" in recipe.inputs}
    assert {
        "gold_verdicts",
        "worked",
        "candidates",
        "evaluation_items",
        "again/round_01/round_problems",
    } <= readers


def test_without_a_name_it_is_problems(tmp_path: Path) -> None:
    assert graph_of(tmp_path, PROFILE.replace('dataset = "gsm8k"', "")).imported == ("problems",)


def test_generated_and_imported_problems_are_not_both_named(tmp_path: Path) -> None:
    text = PROFILE.replace(
        'dataset = "gsm8k"', 'dataset = "gsm8k"\nfamilies = [{ family = "sums", train = 4, evaluation = 2 }]'
    )
    with pytest.raises(BadInput, match="problems: dataset 'gsm8k' and families both say which problems"):
        graph_of(tmp_path, text)


def test_a_version_may_be_named_with_it(registry: Registry, tmp_path: Path) -> None:
    first, second = (bring(registry, name, name="gsm8k") for name in ("p1", "p2"))

    def read(reference: str) -> Version:
        graph = graph_of(tmp_path, PROFILE.replace('"gsm8k"', f'"{reference}"'))
        return graph.known.versions(registry).passed("gsm8k")

    assert (read("gsm8k"), read("gsm8k@1"), read("gsm8k@2")) == (second, first, second)
    with pytest.raises(UnknownVersion, match="no gsm8k@3: `trimtab versions gsm8k` lists what there is"):
        read("gsm8k@3")
    with pytest.raises(BadInput, match="'gsm8k@new' names a tag, which can be moved: write the number"):
        read("gsm8k@new")


def test_a_dataset_of_other_rows_holds_what_reads_problems(registry: Registry, tmp_path: Path) -> None:
    registry.record_checks(registry.commit(HumanPreference, [make(HumanPreference)], IMPORTED, "gsm8k"), [])
    held = {step.name: step.reason for step in plan(graph_of(tmp_path, PROFILE), registry) if step.held}
    assert (
        "problems.dataset: gsm8k@1 holds rows of human_preferences: name a dataset of problems"
        in held["worked"]
    )
    assert "candidates" in held and "base_policy" not in held
