"""Adapters are merged in float32 and cast last, and a finished model tells nothing of where it was made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rlaif import PreferencePair
from generation.models.folder import validated_folder
from tests.rows import make
from tests.training.runs import SETTINGS, commit, manifest, write
from training.dpo import dpo
from training.reward_model import reward_model
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


def merged(base: Path, adapter: Path, dtype: torch.dtype) -> dict[str, Any]:
    """The base with the adapter merged into it in ``dtype``, and then in bfloat16."""
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=dtype), adapter)
    weights: dict[str, Any] = model.merge_and_unload().to(torch.bfloat16).state_dict()
    return weights


def test_an_adapter_over_bfloat16_is_merged_in_float32_and_cast_last(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    path = write(tmp_path / "run", examples(registry), settings={**STEPS, "dtype": "bfloat16"})
    sft(path, lambda _: None)
    folder = validated_folder(tmp_path / "run" / "model")
    weights = load_file(folder / "model.safetensors")
    exact, rough = (merged(base, folder / "adapter", dtype) for dtype in (torch.float32, torch.bfloat16))
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert all(weights[name].equal(exact[name]) for name in weights)
    assert any(not weights[name].equal(rough[name]) for name in weights)
    assert manifest(tmp_path / "run")["dtype"] == "bfloat16"
    # as the next stage reads it
    again = AutoModelForCausalLM.from_pretrained(folder)
    assert again.dtype == torch.bfloat16
    assert all(again.state_dict()[name].equal(weight) for name, weight in weights.items())


def logits(model: Any) -> Any:
    """What the model says of some tokens."""
    with torch.inference_mode():
        return model(torch.arange(40)[None]).logits


def test_the_adapter_alone_over_its_base_says_what_the_merged_model_does(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    sft(write(tmp_path / "run", examples(registry), settings=STEPS), lambda _: None)
    folder = tmp_path / "run" / "model"
    alone = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder / "adapter")
    whole, before = (logits(AutoModelForCausalLM.from_pretrained(path)) for path in (folder, base))
    assert float((logits(alone) - whole).abs().max()) < 1e-5
    assert float((before - whole).abs().max()) > 0.01


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
