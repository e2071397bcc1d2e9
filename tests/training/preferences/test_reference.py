"""A named reference is what the loss compares with, exactly; and it is refused where it cannot be."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.chain import goes_back_to, model_chain
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from generation.models.folder import fingerprint
from tests.loaded import write_adapted
from tests.training.preferences.likelihoods import CHOSEN, REJECTED, changes, dpo_loss, pairs
from tests.training.runs import NOTHING, SETTINGS, commit, manifest, write
from training.dpo import dpo
from training.kto import kto
from training.running.run import open_run
from training.settings.dpo import DpoSettings
from training.settings.run import RunConfig

ONE_STEP = SETTINGS | {"num_epochs": 1, "batch_size": 8, "warmup_share": 0.0, "beta": 0.3}


def registered(registry: Registry, name: str, folder: Path) -> str:
    """The model in ``folder`` as a passed version; its reference."""
    version = registry.commit_model(name, folder, fingerprint(folder), NOTHING)
    return str(registry.record_checks(version, []))


@pytest.fixture
def other(registry: Registry, base: Path) -> Path:
    """The base with other weights, as the passed version other_policy@1."""
    folder = shutil.copytree(base, registry.state.models / "other")
    path = folder / "model.safetensors"
    weights = {name: weight * (1.5 if "mlp" in name else 1.0) for name, weight in load_file(path).items()}
    save_file(weights, path, {"format": "pt"})
    registered(registry, "other_policy", folder)
    return folder


@pytest.fixture
def adapted(registry: Registry, base: Path) -> Path:
    """The base under a random adapter, as the passed version other_policy@1."""
    folder = write_adapted(base, registry.state.models / "adapted", 3)
    registered(registry, "other_policy", folder)
    return folder


def run(folder: Path, dataset: str, *, reference: str | None = "other_policy@1", **settings: Any) -> Any:
    """The manifest of a run of one step on all pairs."""
    dpo(
        write(folder, dataset, reference=reference, system_text=None, settings=ONE_STEP | settings),
        lambda _: None,
    )
    return manifest(folder)


@pytest.mark.parametrize("kind", ["other", "adapted"])
@pytest.mark.parametrize(
    "told",
    [{}, {"lora_rank": None, "learning_rate": 1e-3}, {"target": "soft"}],
    ids=["lora", "whole", "soft"],
)
def test_the_loss_is_that_of_equation_7_against_the_named_model(
    kind: str, told: dict[str, Any], base: Path, registry: Registry, tmp_path: Path, request: Any
) -> None:
    reference: Path = request.getfixturevalue(kind)
    rows = pairs()
    prompts = [row.prompt for row in rows]
    chosen, rejected = (changes(base, reference, prompts, side) for side in (CHOSEN, REJECTED))
    expected = dpo_loss(chosen, rejected, 0.3)
    made = run(tmp_path / "run", commit(registry, PreferencePair, rows), **told)
    # far from ln 2, which the base as its own reference begins with
    assert abs(expected - 0.6931) > 0.01
    assert made["loss"][0][1] == pytest.approx(expected, abs=2e-4)
    assert made["reference"]["name"] == "other_policy"
    metrics = made["metrics"]
    for side, change in (("chosen", chosen), ("rejected", rejected)):
        # the one step's figures are of before it moved the policy
        for name in ("change", "change_at_start"):
            assert metrics[f"{name}/{side}"] == pytest.approx(float(change.mean()), abs=2e-3)


def test_the_base_by_another_name_is_no_second_model(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, PreferencePair, pairs())
    registered(registry, "first_policy", base)
    runs = {name: run(tmp_path / str(name), dataset, reference=name) for name in (None, "first_policy@1")}
    assert runs[None]["fingerprint"] == runs["first_policy@1"]["fingerprint"]
    assert runs["first_policy@1"]["reference"]["name"] == "first_policy" and runs[None]["reference"] is None


def test_kto_compares_with_the_named_model_too(
    base: Path, other: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, PreferencePair, pairs())
    found = []
    for reference in (None, "other_policy@1"):
        path = write(
            tmp_path / str(reference), dataset, reference=reference, settings=ONE_STEP | {"max_steps": 1}
        )
        kto(path, lambda _: None)
        found.append(manifest(path.parent)["metrics"]["rewards/chosen"])
    assert found[0] == pytest.approx(0.0, abs=1e-4) and abs(found[1]) > 0.01


def test_another_reference_is_another_run(
    base: Path, other: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, PreferencePair, pairs())
    identities = {
        open_run(
            "dpo", RunConfig[DpoSettings], write(tmp_path, dataset, reference=reference), lambda _: None
        ).identity
        for reference in (None, "other_policy@1", "base_policy@1")
    }
    assert len(identities) == 3


def test_what_cannot_be_compared_with_is_refused_before_weights_are_read(
    base: Path, other: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, PreferencePair, pairs())
    config = other / "config.json"
    config.write_text(
        json.dumps(json.loads(config.read_text()) | {"architectures": ["LlamaForSequenceClassification"]})
    )
    with pytest.raises(BadInput, match="LlamaForSequenceClassification, which scores and says nothing"):
        run(tmp_path / "scorer", dataset)
    tokenizer = other / "tokenizer.json"
    content = json.loads(tokenizer.read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    tokenizer.write_text(json.dumps(content))
    # what no run may read is never opened
    (other / "model.safetensors").write_text("no weights")
    with pytest.raises(
        BadInput, match="vocabulary of the reference other_policy@1 is not that of base_policy@1"
    ):
        run(tmp_path / "vocabulary", dataset)


def test_a_changed_reference_trains_nothing(
    base: Path, other: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, PreferencePair, pairs())
    weights = load_file(other / "model.safetensors")
    save_file(
        {name: weight * 2 for name, weight in weights.items()}, other / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(Exception, match="are not those that were registered as other_policy@1"):
        run(tmp_path / "run", dataset)


def test_a_trainer_without_a_reference_takes_none(base: Path, registry: Registry, tmp_path: Path) -> None:
    from training.orpo import orpo

    path = write(tmp_path / "run", commit(registry, PreferencePair, pairs()), reference="base_policy@1")
    with pytest.raises(BadInput, match="compares with no reference of its own: leave reference out"):
        orpo(path, lambda _: None)


def test_who_is_behind_a_model_is_known_by_content(
    base: Path, other: Path, registry: Registry, tmp_path: Path
) -> None:
    run(tmp_path / "run", commit(registry, PreferencePair, pairs()))
    registered(registry, "dpo_policy", tmp_path / "run" / "model")
    policy, first, foreign = (
        registry.version(name, 1) for name in ("dpo_policy", "base_policy", "other_policy")
    )
    assert model_chain(registry, policy) == [policy, first]
    registered(registry, "passed_through", base)
    assert all(
        goes_back_to(registry, policy, model)
        for model in (policy, first, registry.version("passed_through", 1))
    )
    assert not goes_back_to(registry, policy, foreign) and not goes_back_to(registry, first, policy)
