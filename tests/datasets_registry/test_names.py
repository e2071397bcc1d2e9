"""A name may have slashes wherever names go; a name that cannot be used is refused with the reason."""

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from datasets_registry.cards.model import model_card
from datasets_registry.errors import BadInput
from datasets_registry.exporting.exporting import export
from datasets_registry.garbage import collect
from datasets_registry.inspecting.difference import difference
from datasets_registry.inspecting.lineage import downstream, upstream
from datasets_registry.inspecting.listing import list_datasets, list_models, list_versions
from datasets_registry.inspecting.model_details import model_details
from datasets_registry.inspecting.row_search import find_row
from datasets_registry.inspecting.version_details import DatasetVersionDetails, version_details
from datasets_registry.manifest import Manifest, VersionReference
from datasets_registry.registry import Registry
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from datasets_registry.version import Derivation, Version, validated_name
from datasets_registry.views.scanning import scanning
from quality.auditing.verify import verify
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.rows import make

PAIRS, PREFERENCES, POLICY = "round_02/completion_pairs", "round_02/preference_pairs", "round_02/dpo_policy"


@pytest.fixture
def pairs(registry: Registry) -> Version:
    """Completion pairs of a round."""
    how = Derivation(code_version="1", settings={}, inputs=())
    return registry.record_checks(
        registry.commit(CompletionPair, [make(CompletionPair, "1")], how, name=PAIRS), []
    )


@pytest.fixture
def preferences(registry: Registry, pairs: Version) -> list[Version]:
    """Two versions of preferences from them, of which a label flipped."""
    how = Derivation(code_version="1", settings={}, inputs=(pairs,))
    versions = [
        registry.commit(PreferencePair, [make(PreferencePair, "1", label=label)], how, name=PREFERENCES)
        for label in ("a", "b")
    ]
    return [registry.record_checks(version, []) for version in versions]


@pytest.fixture
def policy(registry: Registry, preferences: list[Version]) -> Version:
    """A policy trained on the last of them, in the folder that training makes."""
    folder = registry.state.models / POLICY / ("f" * 16)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    data = VersionReference.from_version(preferences[-1])
    Manifest(name=POLICY, trainer="dpo", datasets={"train": data}).write(folder)
    how = Derivation(code_version="1", settings={}, inputs=(preferences[-1],))
    return registry.record_checks(registry.commit_model(POLICY, folder, "f" * 64, how), [])


def test_the_registry_finds_it(registry: Registry, pairs: Version) -> None:
    assert str(pairs) == f"{PAIRS}@1" and registry.resolve(PAIRS) == registry.resolve(f"{PAIRS}@1") == pairs
    assert registry.passed(PAIRS) == pairs and registry.names("dataset") == [PAIRS]
    assert registry.rows(CompletionPair, pairs) == [make(CompletionPair, "1")]


def test_views_have_it_quoted(registry: Registry, policy: Version) -> None:
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute(f'SELECT count(*) FROM "{PAIRS}"').fetchall() == [(1,)]
        assert connection.execute(f'SELECT label FROM by_version."{PREFERENCES}@1"').fetchall() == [("a",)]
        query = f"SELECT datasets['train'] FROM models WHERE name = '{POLICY}'"
        assert connection.execute(query).fetchall() == [(f"{PREFERENCES}@2",)]
        query = f"SELECT DISTINCT input FROM lineage WHERE name = '{PREFERENCES}'"
        assert connection.execute(query).fetchall() == [(PAIRS,)]


def test_listings_and_details_have_it(registry: Registry, policy: Version) -> None:
    assert [entry.name for entry in list_datasets(registry)] == [PAIRS, PREFERENCES]
    assert [entry.version for entry in list_versions(registry, PREFERENCES)] == [1, 2]
    (model,) = list_models(registry)
    assert (model.name, model.trained_on) == (POLICY, (f"{PREFERENCES}@2",))
    details = version_details(registry, registry.version(PREFERENCES, 2), 1)
    assert isinstance(details, DatasetVersionDetails) and details.sample[0]["label"] == "b"
    assert model_details(registry, policy).datasets["train"].version == f"{PREFERENCES}@2"
    assert f'datasets: ["{PREFERENCES}"]' in model_card(registry, policy)


def test_lineage_goes_up_and_down(registry: Registry, policy: Version, pairs: Version) -> None:
    (data,) = upstream(registry, policy).inputs
    assert (data.name, data.inputs[0].name) == (PREFERENCES, PAIRS)
    first, second = downstream(registry, pairs).built
    assert (first.built, second.built[0].name) == ((), POLICY)


def test_versions_are_compared_and_rows_found(
    registry: Registry, pairs: Version, preferences: list[Version]
) -> None:
    before, after = preferences
    found = difference(registry, before, after)
    assert found.name == PREFERENCES and found.flips and found.flips.inputs[0].name == PAIRS
    with scanning(registry.state) as connection:
        assert find_row(connection, registry, pairs, "pair 1")["pair_id"] == "pair 1"


@pytest.mark.parametrize("form", ["jsonl", "hf"])
def test_it_is_exported_with_its_card(registry: Registry, pairs: Version, tmp_path: Path, form: str) -> None:
    export(registry, pairs, "hf" if form == "hf" else "jsonl", tmp_path / "out")
    assert f"# {PAIRS}\n" in (tmp_path / "out" / "README.md").read_text()


def test_it_is_verified(registry: Registry, derivation: Derivation) -> None:
    rows = [make(HelpfulPrompt, str(number)) for number in range(50)]
    version = registry.commit(HelpfulPrompt, rows, derivation, name="round_02/helpful_prompts")
    checks = [run_check(check, registry, version, ()) for check in checks_of("helpful_prompts")]
    version = registry.record_checks(version, checks)
    assert verify(registry, version) == []
    registry.files(version)[0].unlink()
    assert [finding.version for finding in verify(registry, version)] == ["round_02/helpful_prompts@1"]


def test_only_unused_folders_of_its_models_are_garbage(registry: Registry, policy: Version) -> None:
    unused = registry.folder(policy).with_name("0" * 16)
    unused.mkdir()
    Manifest(name=POLICY).write(unused)
    assert unused in collect(registry, timedelta(seconds=-1)).paths
    assert registry.folder(policy) not in collect(registry, timedelta(seconds=-1)).paths


@pytest.mark.parametrize(
    "name", ["a", "cai_sft", "round_02/cai_sft", "a/b/c/d1", "a" * 100, "round_02/models"]
)
def test_a_usable_name_is_returned(name: str) -> None:
    assert validated_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Cai_SFT", "it has capitals; write 'cai_sft'"),
        ("2nd_round", "its part '2nd_round' does not begin with a letter"),
        ("round_02/2nd", "its part '2nd' does not begin with a letter"),
        ("_x", "its part '_x' does not begin with a letter"),
        ("", "its part '' does not begin with a letter"),
        ("a//b", "its part '' does not begin with a letter"),
        ("a/", "its part '' does not begin with a letter"),
        ("cai.sft", "it has '.'; use lower-case letters, digits, underscores and slashes"),
        ("../a", "it has '.'; use lower-case letters, digits, underscores and slashes"),
        ("cai sft", "it has ' '"),
        ("a\n", "it has '\\n'"),
        ("é", "it has 'é'"),
        ("a@1", "it has '@'"),
        ("a/b/c/d/e", "it has 5 parts between slashes, and may have 4"),
        ("a" * 101, "it has 101 characters, and may have 100"),
        *((name, "choose another") for name in ("versions", "lineage", "checks", "models", "this")),
        *((name, "choose another") for name in ("completions", "judgements")),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(registry: Registry, name: str, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        validated_name(name)
    assert str(refused.value).startswith("name '") and reason in str(refused.value)
    how = Derivation(code_version="1", settings={}, inputs=())
    with pytest.raises(BadInput):
        registry.commit_model(name, registry.state.models / "x", "f" * 64, how)
