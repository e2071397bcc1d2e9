"""Model assets in several processes: trained through Dagster, said in their version, tagged for a cluster."""

import json
from pathlib import Path

import pytest

from assets.building.code import Code, code_of
from assets.building.training_run import prepare
from assets.building.versions import Versions
from assets.graph import build_graph
from assets.profile.launch import LaunchSection
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.state import State
from tests.assets.building.trainer.launched import built, declared, give, materialize, profile
from tests.training import light
from training.settings.sft import SftSettings

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")

TAGS = """
[launch.tags]
"dagster-k8s/config" = { container_config = { resources = { limits = { "nvidia.com/gpu" = 8 } } } }
"""


@pytest.fixture
def given(state: State, registry: Registry, tiny_model: Path) -> None:
    """A base and rows to learn."""
    give(registry, tiny_model)


def test_an_asset_is_trained_by_two_processes_and_is_the_one_that_one_would_train(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    settings = SftSettings(batch_size=8, max_steps=2, min_steps=2, max_length=128)
    launched = profile(tmp_path / "two", tiny_model, "[launch]\nprocesses = 2\n")
    recipe, asset = built(launched, settings)
    alone, _ = built(profile(tmp_path / "one", tiny_model), settings)
    assert recipe.version == alone.version
    assert materialize(asset).success
    version = registry.passed("policy")
    manifest = Manifest.read(registry.folder(version))
    assert (manifest.processes, manifest.strategy, manifest.micro_batch) == (2, "ddp", 4)
    assert manifest.effective_batch == 8 and "launch" not in registry.derivation(version).settings


def test_the_sentence_of_the_process_that_failed_is_the_assets(
    given: None, tiny_model: Path, tmp_path: Path
) -> None:
    launched = profile(tmp_path / "two", tiny_model, "[launch]\nprocesses = 2\n")
    _, asset = built(launched, light.LightSettings(batch_size=8, fate="fails"), light.__name__)
    result = materialize(asset)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "process 1 of policy is out of luck" in str(failure.step_failure_data.user_failure_data)


def test_code_that_was_edited_since_the_graph_was_loaded_trains_nothing(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, asset = built(profile(tmp_path, tiny_model), SftSettings(max_steps=9))
    edited = Code("another", {"training.sft": "another"})
    # the inputs' recipes have no code
    now = lambda roots: edited if roots else code_of(roots)  # noqa: E731
    monkeypatch.setattr("assets.building.recipe.code_of", now)
    result = materialize(asset)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "the code of policy changed since the graph was loaded: reload" in str(
        failure.step_failure_data.user_failure_data
    )
    assert registry.newest("policy") is None


def test_the_runs_that_the_daemon_asks_for_have_the_tags(tiny_model: Path, tmp_path: Path) -> None:
    graph = build_graph(profile(tmp_path, tiny_model, TAGS + '[rebuild]\nwhen = "data"\n'))
    tags = {sensor.name: getattr(sensor, "run_tags", {}) for sensor in graph.definitions.sensors or ()}
    config = json.loads(tags["rebuild"]["dagster-k8s/config"])
    assert config["container_config"]["resources"]["limits"] == {"nvidia.com/gpu": 8}


def test_each_launch_has_a_run_folder_of_its_own(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    folders = []
    for processes in (1, 2):
        launched = profile(tmp_path / f"{processes}", tiny_model, f"[launch]\nprocesses = {processes}\n")
        policy, recipes = declared(SftSettings(batch_size=8))
        folders.append(prepare(policy, Versions(recipes, {}, registry), launched).output.name)
    assert folders[1] == f"{folders[0]}-ddp-2"


def test_each_further_machine_has_its_command() -> None:
    machines = {"processes": 3, "machines": 3, "main_address": "node-0"}
    section = LaunchSection.model_validate(machines)
    assert section.further_commands("training.sft", Path("run.json")) == [
        f"python -m training.launch training.sft --config run.json --machine-rank {rank}" for rank in (1, 2)
    ]
    assert LaunchSection().further_commands("training.sft", Path("run.json")) == []
