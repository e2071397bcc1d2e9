"""An average of models: the mean of whole weights, and refused where models are not alike."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.inspecting.chain import ancestors
from datasets_registry.registry import Registry
from generation.models.folder import fingerprint
from tests.loaded import loaded, write_adapted
from tests.tiny_model import write_tiny_model
from tests.training.runs import NOTHING, manifest
from training.average import average
from training.settings.weights.average import AverageSettings

NAMES = ("tuned_policy", "adapted_policy")


def registered(registry: Registry, name: str, folder: Path) -> Path:
    """The model in ``folder`` as a passed version."""
    version = registry.commit_model(name, folder, fingerprint(folder), NOTHING)
    registry.record_checks(version, [])
    return folder


@pytest.fixture
def models(registry: Registry, base: Path) -> dict[str, Path]:
    """The base, one with other weights, and one stored as an adapter over the base."""
    tuned = shutil.copytree(base, registry.state.models / "tuned")
    weights = load_file(tuned / "model.safetensors")
    changed = {name: weight + 0.25 for name, weight in weights.items()}
    save_file(changed, tuned / "model.safetensors", {"format": "pt"})
    adapted = write_adapted(base, registry.state.models / "adapted", 3)
    folders = dict(zip(NAMES, (tuned, adapted), strict=True))
    return {"base_policy": base} | {
        name: registered(registry, name, folder) for name, folder in folders.items()
    }


def run(folder: Path, shares: dict[str, float], **changes: Any) -> Path:
    """Average the base with the others; the model's folder."""
    config = {
        "name": "averaged_policy",
        "base": "base_policy@1",
        "parts": [f"{name}@1" for name in shares],
        "output": str(folder),
        "settings": {"shares": shares},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(config | changes))
    average(folder / "run.json", lambda _: None)
    return folder / "model"


def state(folder: Path) -> dict[str, torch.Tensor]:
    """All weights of a model in memory, adapters added."""
    found: dict[str, torch.Tensor] = loaded(folder).state_dict()
    return found


def test_every_weight_is_the_mean_by_the_shares_with_adapters_merged_first(
    models: dict[str, Path], registry: Registry, tmp_path: Path
) -> None:
    model = run(tmp_path / "run", {"tuned_policy": 0.5, "adapted_policy": 0.25})
    base, tuned, adapted, mean = (state(folder) for folder in (*models.values(), model))
    assert mean.keys() == base.keys()
    for name, weight in mean.items():
        expected = 0.25 * base[name] + 0.5 * tuned[name] + 0.25 * adapted[name]
        assert torch.allclose(weight, expected, atol=1e-6), name
    # the adapter moved what it is over, and the mean has its share of that
    key = "model.layers.0.mlp.up_proj.weight"
    assert float((adapted[key] - base[key]).abs().max()) > 0.01
    said = manifest(tmp_path / "run")
    assert (said["trainer"], said["stored"], said["dtype"]) == ("average", "whole", "float32")
    assert [part["name"] for part in said["parts"]] == list(NAMES) and said["base"]["name"] == "base_policy"
    assert said["settings"] == {"shares": {"tuned_policy": 0.5, "adapted_policy": 0.25}}
    assert said["fingerprint"] == fingerprint(model) and not list((tmp_path / "run").glob(".*"))
    registered(registry, "averaged_policy", model)
    first, *_ = ancestors(registry, registry.version("averaged_policy", 1))
    assert first.how_made == "averaged from base_policy@1, tuned_policy@1, adapted_policy@1"


def test_an_average_with_its_own_weights_is_the_model_itself(
    models: dict[str, Path], registry: Registry, tmp_path: Path
) -> None:
    registered(registry, "same_policy", models["base_policy"])
    mean, base = state(run(tmp_path, {"same_policy": 0.5})), state(models["base_policy"])
    assert all(torch.equal(weight, base[name]) for name, weight in mean.items())


def test_an_average_may_start_from_an_adapter(models: dict[str, Path], tmp_path: Path) -> None:
    shares = {"base_policy": 0.5}
    mean = state(run(tmp_path, shares, base="adapted_policy@1"))
    base, adapted = (state(models[name]) for name in ("base_policy", "adapted_policy"))
    assert all(torch.allclose(mean[name], (base[name] + adapted[name]) / 2, atol=1e-6) for name in mean)


def test_models_that_are_not_alike_are_refused_before_a_weight_is_read(
    models: dict[str, Path], registry: Registry, tmp_path: Path
) -> None:
    wide = write_tiny_model(registry.state.models / "wide", intermediate_size=96)
    registered(registry, "wide_policy", wide)
    scorer = shutil.copytree(models["base_policy"], registry.state.models / "scorer")
    config = json.loads((scorer / "config.json").read_text())
    (scorer / "config.json").write_text(
        json.dumps(config | {"architectures": ["LlamaForSequenceClassification"]})
    )
    registered(registry, "scorer", scorer)
    for name, what in (("wide_policy", "shape of the weights"), ("scorer", "architecture")):
        with pytest.raises(BadInput, match=f"the {what} of {name}@1 is not that of base_policy@1"):
            run(tmp_path / name, {name: 0.5})
        assert not (tmp_path / name / "model").exists()
    tokenizer = models["tuned_policy"] / "tokenizer.json"
    content = json.loads(tokenizer.read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    tokenizer.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="the vocabulary of tuned_policy@1 is not that of base_policy@1"):
        run(tmp_path / "vocabulary", {"tuned_policy": 0.5})


def test_a_part_that_was_changed_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    path = models["tuned_policy"] / "model.safetensors"
    save_file({name: weight * 2 for name, weight in load_file(path).items()}, path, {"format": "pt"})
    with pytest.raises(BrokenObject, match="not those that were registered as tuned_policy@1"):
        run(tmp_path, {"tuned_policy": 0.5})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parts": ["adapted_policy@1"]}, "give each part its share, in the same order"),
        ({"dataset": "cai_sft@1"}, "nothing is learned here: leave it out"),
        ({"settings": {"shares": {"tuned_policy": 1.0}}}, "less than 1"),
    ],
)
def test_parts_and_shares_that_do_not_fit_are_refused(
    changes: dict[str, Any], said: str, models: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=said):
        run(tmp_path, {"tuned_policy": 0.5}, **changes)


def test_settings_of_an_average_are_its_shares_alone() -> None:
    settings = AverageSettings(shares={"a": 0.5, "b": 0.25})
    assert settings.rest == 0.25 and settings.content == settings.model_dump() == {
        "shares": {"a": 0.5, "b": 0.25}
    }
    with pytest.raises(ValidationError, match="sum up to 1.2 and leave the base nothing"):
        AverageSettings(shares={"a": 0.6, "b": 0.6})
    with pytest.raises(ValidationError, match="learns nothing, so that learning_rate changes nothing"):
        AverageSettings(shares={"a": 0.5}, learning_rate=0.1)
