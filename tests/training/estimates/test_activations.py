"""What a layer keeps is counted without numbers, and as a real one keeps it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from generation.models.shapes import SHIPPED, Shapes, read_shapes, shapes_of
from tests.tiny_model import write_tiny_model
from training.estimates import activations
from training.estimates.activations import Precision, kept_by_a_layer

TOKENS = 131


def really_kept(folder: Path, layers: int, rank: int | None, precision: Precision) -> int:
    """Bytes that autograd keeps of a pass of the body of a real model, its weights aside."""
    dtype = torch.bfloat16 if rank and precision == "bfloat16" else torch.float32
    model: Any = AutoModelForCausalLM.from_pretrained(folder, num_hidden_layers=layers, dtype=dtype)
    if rank:
        adapter = LoraConfig(r=rank, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, adapter).get_base_model()
        model.get_input_embeddings().weight.requires_grad_(True)
    weights = {weight.untyped_storage()._cdata for weight in model.parameters()}
    found: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if (storage := tensor.untyped_storage())._cdata not in weights:
            found[storage._cdata] = storage
        return tensor

    # padded, as batches are: so attention has a mask
    inputs = {"input_ids": torch.ones((2, TOKENS), dtype=torch.long), "attention_mask": torch.ones(2, TOKENS)}
    inputs["attention_mask"][0, :5] = 0
    with (
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"),
    ):
        model.base_model(**inputs, use_cache=False)
    return sum(storage.nbytes() for storage in found.values())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("rank", [8, None])
def test_what_a_layer_keeps_is_what_a_real_one_does(
    rank: int | None, precision: Precision, tmp_path: Path
) -> None:
    folder = write_tiny_model(tmp_path, num_hidden_layers=3)
    measured = really_kept(folder, 3, rank, precision) - really_kept(folder, 1, rank, precision)
    kept = kept_by_a_layer(shapes_of(folder), rank, precision)
    assert 2 * kept.of(2, TOKENS) - kept.constant * 2 == pytest.approx(measured - 2 * kept.constant, rel=0.1)


def shipped(title: str) -> Shapes:
    """The shapes of a model that a profile names."""
    return read_shapes(next(SHIPPED.rglob(f"{title}.json")))


def test_a_layer_of_8b_keeps_a_quarter_of_a_megabyte_a_token() -> None:
    kept = kept_by_a_layer(shipped("Llama-3.1-8B-Instruct"), 16, "bfloat16")
    # 258 KB were measured on one real layer
    assert kept.token == pytest.approx(230e3, rel=0.02)


def test_a_model_that_cannot_run_without_numbers_counts_as_a_plain_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes = shipped("Qwen2.5-1.5B-Instruct")
    followed = kept_by_a_layer(shapes, 16, "bfloat16").token

    def fails(*_: object) -> None:
        raise RuntimeError("a choice by numbers")

    monkeypatch.setattr(activations, "_kept", fails)
    plain = kept_by_a_layer.__wrapped__(shapes, 16, "bfloat16").token
    assert plain == pytest.approx(followed, rel=0.25) and plain > followed
