"""What a build will write is counted by shapes, and only for what is still to be built."""

from pathlib import Path

import pytest

from assets.estimates.costs import costs_of
from assets.preflight.disk import parts, total
from assets.profile.profile import Profile, load_profile
from datasets_registry.inspecting.origins import hub_folder
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

PROFILES = sorted(path.stem for path in (REPOSITORY / "profiles").glob("*.toml"))


def sizes(profile: str, models: Path, *names: str) -> dict[str, float]:
    """The parts of a shipped profile's build, by name; of all its models where none are named."""
    chosen = load_profile(profile)
    return {part.what: part.gigabytes for part in parts(chosen, names or chosen.models, models)}


def test_an_8b_base_its_adapters_and_a_checkpoint_are_counted_by_shapes(tmp_path: Path) -> None:
    found = sizes("gpu", tmp_path)
    # 8.03e9 weights in bfloat16
    assert found["base_policy"] == pytest.approx(16.06, abs=0.01)
    # 41.9e6 weights of an adapter of rank 16, in float32
    assert found["sft_policy"] == pytest.approx(0.168, abs=0.001)
    (kept,) = [size for what, size in found.items() if what.startswith("checkpoints of")]
    # a scorer's adapter and its head of 4,096 weights, each with two moments, two kept and one being written
    assert found["reward_model"] == pytest.approx(found["sft_policy"] + 4 * 4096e-9)
    assert kept == pytest.approx(9 * found["reward_model"])
    assert found["rows, completions and logs"] == load_profile("gpu").min_free_gb
    assert sum(found.values()) < 40


def test_what_is_there_is_not_counted(tmp_path: Path) -> None:
    assert "base_policy" not in sizes("gpu", tmp_path, "sft_policy")
    place = hub_folder(tmp_path, "meta-llama/Llama-3.1-8B-Instruct")
    begun = place / ".partial-0" / "model-00001.safetensors"
    begun.parent.mkdir(parents=True)
    with begun.open("wb") as file:
        file.truncate(10**9)
    assert sizes("gpu", tmp_path, "base_policy")["base_policy"] == pytest.approx(15.06, abs=0.01)
    whole = place / "0123" / "config.json"
    whole.parent.mkdir()
    whole.touch()
    assert "base_policy" not in sizes("gpu", tmp_path, "base_policy")


def test_all_weights_are_saved_in_float32(tmp_path: Path) -> None:
    whole: dict[Place, object] = {("models", "sft_policy", "training", "lora_rank"): "none"}
    profile = Profile.model_validate(changed(small("gpu", tmp_path), whole))
    found = {part.what: part.gigabytes for part in parts(profile, ["sft_policy"], tmp_path)}
    assert found["sft_policy"] == pytest.approx(32.12, abs=0.01)
    assert found["checkpoints of sft_policy"] == pytest.approx(9 * found["sft_policy"])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_and_a_build_count_the_same_disk(profile: str, registry: Registry) -> None:
    chosen = load_profile(profile)
    costs = costs_of(chosen, registry)
    models = registry.state.models
    for name in costs.keys() & chosen.models.keys():
        counted = sizes(profile, models, name)
        assert counted.get(name, 0) == pytest.approx(costs[name].disk_gb), name
        assert counted.get(f"checkpoints of {name}", 0) == pytest.approx(costs[name].scratch_gb), name
    on_cpus = ("cluster", "laptop", "evaluation", "oversight", "rounds")
    assert profile in on_cpus or costs.keys() >= chosen.models.keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_each_shipped_profile_is_counted(profile: str, tmp_path: Path) -> None:
    chosen = load_profile(profile)
    found = parts(chosen, chosen.models, tmp_path)
    assert total(found) > chosen.min_free_gb
    assert [part.gigabytes for part in found] == sorted((part.gigabytes for part in found), reverse=True)
    if profile.startswith("gpu"):
        assert chosen.requires_gpu and chosen.card_gb
