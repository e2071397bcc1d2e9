"""Weights that are missing, of another model, or no numbers are refused by every loader."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

from datasets_registry.adapters import FOLDER, WEIGHTS
from datasets_registry.errors import BadInput
from generation.models.loading import load, require_sound
from generation.models.soundness import is_finite
from tests.loaded import write_adapted

KINDS = ("CausalLM", "SequenceClassification", "TokenClassification")
CONFIGS: dict[str, tuple[dict[str, Any], str]] = {
    "more layers": ({"num_hidden_layers": 3}, "lacks the weight model.layers.2.* and 8 more weights"),
    "fewer layers": ({"num_hidden_layers": 1}, "has the weight model.layers.1.*for which .* has no place"),
    "another width": ({"intermediate_size": 64}, "has the weight model.layers.0.mlp.* of another shape"),
    "another architecture": (
        {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]},
        "lacks the weight transformer.*would be drawn anew",
    ),
    "biases that are not there": (
        {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]},
        "lacks the weight model.layers.0.self_attn.k_proj.bias",
    ),
}
NUMBERS = {"NaN": float("nan"), "infinite": float("inf"), "minus infinite": float("-inf")}


def loaded(folder: Path, kind: str = "CausalLM", **options: Any) -> object:
    """The model as its loader has it."""
    return load(f"AutoModelFor{kind}", folder, None, torch.float32, **options)


def changed(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the weights in a folder."""
    path = folder / "model.safetensors"
    weights = {key: weight.clone() for key, weight in load_file(path).items()}
    change(weights)
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize("change", CONFIGS)
def test_a_config_of_another_model_is_refused(change: str, copy: Path) -> None:
    fields, message = CONFIGS[change]
    config = json.loads((copy / "config.json").read_text()) | fields
    config.pop("layer_types", None)
    (copy / "config.json").write_text(json.dumps(config))
    for look in (loaded, require_sound):
        with pytest.raises(BadInput, match=message):
            look(copy)


@pytest.mark.parametrize("key", ["lm_head.weight", "model.embed_tokens.weight", "model.norm.weight"])
def test_a_weight_that_is_not_there_is_never_drawn(key: str, copy: Path) -> None:
    changed(copy, lambda weights: weights.pop(key))
    for look in (loaded, require_sound):
        with pytest.raises(BadInput, match=f"lacks the weight {key}, which its config.json asks for"):
            look(copy)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_weight_that_is_no_number_is_refused_by_every_loader(number: str, copy: Path) -> None:
    changed(copy, lambda weights: weights["model.norm.weight"].__setitem__(3, NUMBERS[number]))
    looks: list[Callable[[Path], object]] = [require_sound, *(partial(loaded, kind=kind) for kind in KINDS)]
    for look in looks:
        with pytest.raises(
            BadInput, match=r"has NaN or infinite numbers in model.norm.weight: give the weights"
        ):
            look(copy)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_adapter_that_is_no_number_is_refused_and_read_once(
    number: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_adapted(tiny_model, tmp_path / "adapted", seed=0)
    reads: list[Path] = []

    def counted(path: Path) -> dict[str, torch.Tensor]:
        reads.append(path)
        return load_file(path)

    for module in ("safetensors.torch", "generation.models.adapters"):
        monkeypatch.setattr(f"{module}.load_file", counted)
    load("AutoModelForCausalLM", folder, tiny_model, torch.float32)
    assert reads == [folder / FOLDER / WEIGHTS]
    weights = load_file(folder / FOLDER / WEIGHTS)
    key = sorted(weights)[-1]
    weights[key][0, 0] = NUMBERS[number]
    save_file(weights, folder / FOLDER / WEIGHTS, metadata={"format": "pt"})
    # by the name that the file has for it
    with pytest.raises(BadInput, match=f"adapter has NaN or infinite numbers in {key}: give the weights"):
        load("AutoModelForCausalLM", folder, tiny_model, torch.float32)


def test_a_head_of_another_kind_is_new_and_its_own_is_not(copy: Path, tmp_path: Path) -> None:
    heads = (AutoModelForSequenceClassification, AutoModelForTokenClassification)
    for kind, head in zip(KINDS[1:], heads, strict=True):
        loaded(copy, kind, num_labels=2)
        scorer = tmp_path / kind
        head.from_pretrained(copy, num_labels=2).save_pretrained(scorer)
        loaded(scorer, kind)
        require_sound(scorer)
        changed(scorer, lambda weights: weights.pop("score.weight"))
        for look in (partial(loaded, kind=kind), require_sound):
            with pytest.raises(BadInput, match="lacks the weight score.weight"):
                look(scorer)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn])
def test_numbers_of_every_type_are_looked_at(dtype: torch.dtype) -> None:
    assert is_finite(torch.ones(5).to(dtype)) and is_finite(torch.ones(0).to(dtype))
    assert not is_finite(torch.tensor([1.0, float("nan")]).to(dtype))


def test_whole_numbers_are_numbers() -> None:
    assert is_finite(torch.ones(3, dtype=torch.int64))
