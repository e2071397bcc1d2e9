"""A trained adapter is the model: kept over the given base, whatever it was trained from, never rounded."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Version
from generation.models.adapters import Adapter, joined, lay_over
from generation.models.folder import fingerprint, validated_folder
from generation.models.loading import load
from tests.loaded import base_of, loaded
from tests.rows import make
from tests.training.runs import NOTHING, SETTINGS, commit, manifest, write
from training.dpo import dpo
from training.reward_model import reward_model
from training.running.rounding import kept_by_bfloat16
from training.sft import sft

STEPS = {**SETTINGS, "max_steps": 3, "learning_rate": 2e-2}


def examples(registry: Registry) -> str:
    """Rows for SFT."""
    rows = [make(SftExample, f"p{number}", completion="yes yes yes") for number in range(8)]
    return commit(registry, SftExample, rows)


def pairs(registry: Registry) -> str:
    """Rows for DPO and reward models."""
    rows = [make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no no") for number in range(8)]
    return commit(registry, PreferencePair, rows)


def trained(
    trainer: Any, registry: Registry, folder: Path, dataset: str, base: str = "base_policy@1", **settings: Any
) -> Version:
    """The passed model that a trainer makes."""
    path = write(folder, dataset, settings={**STEPS, **settings}, base=base)
    trainer(path, lambda _: None)
    said = manifest(folder)
    version = registry.commit_model(folder.name, folder / "model", said["fingerprint"], NOTHING)
    return registry.record_checks(version, [])


def logits(model: Any) -> Any:
    """What the model says of some tokens."""
    with torch.inference_mode():
        return model(torch.arange(40)[None]).logits


def by_peft(base: Path, folder: Path) -> Any:
    """The base in float32 with the adapter over it, as PEFT has it."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, folder / "adapter").eval()


def in_bfloat16(base: Path) -> Path:
    """The base with weights that bfloat16 holds, as those of models on the hub are."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    model.save_pretrained(base)
    return base


def test_a_small_update_is_served_whole_over_a_base_in_bfloat16(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    in_bfloat16(base)
    version = registry.commit_model("rounded", base, fingerprint(base), NOTHING)
    registry.record_checks(version, [])
    # about what six steps at 1e-5 leave of an 8B model: updates of 3e-6 of weights of 0.02
    settings = {"learning_rate": 3e-6, "dtype": "bfloat16"}
    policy = trained(sft, registry, tmp_path / "policy", examples(registry), str(version), **settings)
    folder = registry.folder(policy)
    exact = logits(by_peft(base, folder)) - logits(loaded(base))
    served = loaded(folder, dtype=torch.bfloat16)
    assert {weight.dtype for weight in served.parameters()} == {torch.bfloat16}
    # what the loaded model holds, compared without the rounding of bfloat16's own sums
    kept = logits(served.to(torch.float32)) - logits(loaded(base))
    assert float((kept - exact).norm() / exact.norm()) < 1e-3
    merged = by_peft(base, folder).merge_and_unload().to(torch.bfloat16).to(torch.float32)
    rounded = logits(merged) - logits(loaded(base))
    assert float((rounded - exact).norm() / exact.norm()) > 0.5
    said = manifest(tmp_path / "policy")
    assert (said["stored"], said["dtype"]) == ("adapter", "bfloat16") and said["kept_by_bfloat16"] < 0.5


def test_the_saved_adapter_is_what_peft_says_it_is(base: Path, registry: Registry, tmp_path: Path) -> None:
    policy = trained(sft, registry, tmp_path / "policy", examples(registry))
    folder = validated_folder(registry.folder(policy))
    assert {path.name for path in folder.glob("*.safetensors")} == set()
    weights = load_file(folder / "adapter" / "adapter_model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == fingerprint(base) and config["r"] == 16
    assert torch.equal(logits(loaded(folder)), logits(by_peft(base, folder).merge_and_unload()))
    assert float((logits(loaded(folder)) - logits(loaded(base))).abs().max()) > 0.01


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_chain_of_trainings_is_one_adapter_over_the_given_base(
    base: Path, registry: Registry, tmp_path: Path, dtype: str
) -> None:
    first = trained(sft, registry, tmp_path / "first", examples(registry), dtype=dtype, lora_rank=4)
    second = trained(
        dpo, registry, tmp_path / "second", pairs(registry), str(first), dtype=dtype, lora_rank=2, beta=0.1
    )
    third = trained(
        sft, registry, tmp_path / "third", examples(registry), str(second), dtype=dtype, learning_rate=1e-6
    )
    ranks, said = [], []
    for version in (first, second, third):
        config = json.loads((registry.folder(version) / "adapter" / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == fingerprint(base)
        ranks.append(config["r"])
        said.append(logits(loaded(registry.folder(version))))
        assert torch.allclose(said[-1], logits(by_peft(base, registry.folder(version))), atol=1e-5)
    assert ranks == [4, 6, 22]
    # the third was trained from the second, at a rate that hardly moves it
    assert float((said[2] - said[1]).abs().max()) < 1e-3 < 0.01 < float((said[1] - said[0]).abs().max())
    assert len({version.data_version for version in (first, second, third)}) == 3


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("rank", [4, None])
def test_dpo_is_held_to_the_earlier_model_and_not_to_its_base(
    base: Path, registry: Registry, tmp_path: Path, dtype: str, rank: int | None
) -> None:
    first = trained(sft, registry, tmp_path / "first", examples(registry), dtype=dtype)
    # at a rate of next to nothing the policy is the earlier model, and so is its reference
    trained(
        dpo,
        registry,
        tmp_path / "second",
        pairs(registry),
        str(first),
        dtype=dtype,
        lora_rank=rank,
        learning_rate=1e-8,
        beta=1.0,
    )
    said = manifest(tmp_path / "second")
    assert all(loss == pytest.approx(0.693147, abs=2e-3) for _, loss in said["loss"])
    assert said["stored"] == ("whole" if rank is None else "adapter")
    apart = logits(loaded(tmp_path / "second" / "model")) - logits(loaded(registry.folder(first)))
    assert float(apart.abs().max()) < 1e-4


def test_a_reward_model_over_a_trained_policy_keeps_its_head_in_the_adapter(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    policy = trained(sft, registry, tmp_path / "policy", examples(registry), lora_rank=4)
    scorer = trained(
        reward_model, registry, tmp_path / "scorer", pairs(registry), str(policy), held_out_share=0.0
    )
    folder = registry.folder(scorer)
    kept = load_file(folder / "adapter" / "adapter_model.safetensors")
    assert "base_model.model.score.weight" in kept
    model = loaded(folder, "AutoModelForSequenceClassification")
    assert torch.equal(model.score.weight, kept["base_model.model.score.weight"])
    short = loaded(folder, "AutoModelForSequenceClassification", torch.bfloat16)
    assert torch.equal(short.score.weight, model.score.weight) and short.dtype == torch.bfloat16
    theirs = PeftModel.from_pretrained(
        loaded(base, "AutoModelForSequenceClassification", num_labels=1), folder / "adapter"
    )
    inputs = torch.arange(20)[None]
    with torch.inference_mode():
        assert torch.allclose(model(inputs).logits, theirs.eval()(inputs).logits, atol=1e-5)
        assert torch.allclose(short(inputs).logits, model(inputs).logits, rtol=0.05, atol=0.02)


def test_joined_adapters_of_other_modules_and_ranks_are_their_sum() -> None:
    torch.manual_seed(0)
    layers = {name: torch.nn.Linear(6, 5, bias=False) for name in ("a", "b", "c")}
    before = layers["b"].weight.detach().clone()

    def adapter(rank: int, scale: float, *modules: str) -> Adapter:
        downs = {name: torch.randn(rank, 6) for name in modules}
        return Adapter(downs, {name: torch.randn(5, rank) for name in modules}, scale, {})

    earlier, later = adapter(2, 2.0, "a", "b"), adapter(3, 0.5, "b", "c")
    one = joined(earlier, later)
    assert one.rank == 5 and {len(down) for down in one.downs.values()} == {5}
    for module in layers:
        wanted = torch.zeros(5, 6)
        for part in (earlier, later):
            wanted += part.update(module) if module in part.downs else 0
        assert torch.allclose(one.update(module), wanted, atol=1e-6)
    model: Any = torch.nn.ModuleDict(layers)
    model.dtype = torch.float32
    lay_over(one, model)
    assert torch.allclose(layers["b"].weight, before + one.update("b"))


def test_a_base_that_is_gone_or_another_is_refused_by_name(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    folder = registry.folder(trained(sft, registry, tmp_path / "policy", examples(registry)))
    with pytest.raises(BadInput, match="is stored as an adapter over the model .*: give that"):
        load("AutoModelForCausalLM", folder, None, torch.float32)
    other = shutil.copytree(base, tmp_path / "other")
    (other / "chat_template.jinja").write_text("another")
    with pytest.raises(BadInput, match=r"stored as an adapter over the model .*, and .*other is"):
        load("AutoModelForCausalLM", folder, other, torch.float32)
    base.rename(tmp_path / "elsewhere")
    with pytest.raises(BrokenObject, match="its folder .*base is gone: build the base again"):
        base_of(folder)


def test_all_weights_are_saved_in_float32_and_what_bfloat16_keeps_of_them_is_measured(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    in_bfloat16(base)
    version = registry.record_checks(registry.commit_model("rounded", base, fingerprint(base), NOTHING), [])
    kept = []
    for pace, rate in (("slow", 1e-6), ("fast", 2e-2)):
        run = tmp_path / pace
        settings = {"lora_rank": None, "dtype": "bfloat16", "learning_rate": rate}
        trained(sft, registry, run, examples(registry), str(version), **settings)
        assert {weight.dtype for weight in load_file(run / "model" / "model.safetensors").values()} == {
            torch.float32
        }
        kept.append(manifest(run)["kept_by_bfloat16"])
        assert kept[-1] == kept_by_bfloat16(base, run / "model")
    assert kept[0] < 0.2 and kept[1] > 0.9


@pytest.mark.parametrize(("trainer", "rows"), [(sft, examples), (dpo, pairs), (reward_model, pairs)])
def test_a_finished_model_is_portable_and_has_no_pickle(
    trainer: Any, rows: Callable[[Registry], str], base: Path, registry: Registry, tmp_path: Path
) -> None:
    trainer(write(tmp_path / "run", rows(registry), settings=STEPS), lambda _: None)
    files = [path for path in (tmp_path / "run" / "model").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".jinja", ".safetensors"}
    folders = {str(path.parent.relative_to(tmp_path / "run")) for path in files}
    assert folders == {"model", "model/adapter"}
    for place in (tmp_path, registry.state.root, Path.home()):
        assert not [path for path in files if str(place).encode() in path.read_bytes()]
