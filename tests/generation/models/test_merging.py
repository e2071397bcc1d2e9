"""A merged adapter is what the adapter over its base is, however the base's files are laid out."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from datasets_registry.adapters import FOLDER
from generation.models.adapters import Adapter, write_adapter
from generation.models.folder import INDEX, fingerprint
from generation.models.loading import load
from generation.models.merging import merged_bytes, write_merged
from tests.loaded import write_adapted

TOKENS = torch.arange(20)[None]


def in_shards(model: Path, folder: Path) -> Path:
    """The model in bfloat16, in several files, as large models are published."""
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16)
    loaded.save_pretrained(folder, max_shard_size="100KB")
    assert (folder / INDEX).exists()
    return folder


def gpt2(_: Path, folder: Path) -> Path:
    """A tiny model whose layers hold their weights as inputs × outputs, some of them square."""
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=40, n_embd=8, n_layer=1, n_head=2, n_positions=32)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def adapted(base: Path, folder: Path) -> Path:
    """A model over ``base``, adapted at all layers but the head, whatever their class."""
    if (base / INDEX).exists():
        return write_adapted(base, folder, 1)
    torch.manual_seed(1)
    (folder / "config.json").parent.mkdir()
    (folder / "config.json").write_text((base / "config.json").read_text())
    layers = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    shapes = {
        f"transformer.h.0.{layer}": shape
        for layer, shape in zip(layers, [(8, 24), (8, 8), (8, 32), (32, 8)], strict=True)
    }
    downs = {module: torch.randn(2, inputs) for module, (inputs, _) in shapes.items()}
    ups = {module: torch.randn(outputs, 2) for module, (_, outputs) in shapes.items()}
    write_adapter(Adapter(downs, ups, 0.5, {}), folder / FOLDER, fingerprint(base), "CAUSAL_LM")
    return folder


@pytest.mark.parametrize("written", [in_shards, gpt2])
def test_the_merged_model_is_the_served_one(written: object, tiny_model: Path, tmp_path: Path) -> None:
    assert callable(written)
    base = written(tiny_model, tmp_path / "base")
    folder = adapted(base, tmp_path / "policy")
    target = tmp_path / "merged"
    target.mkdir()
    sizes: list[int] = []
    write_merged(folder, base, target, sizes.append)
    merged = AutoModelForCausalLM.from_pretrained(target)
    assert merged.dtype == torch.float32
    with torch.inference_mode():
        wanted = load("AutoModelForCausalLM", folder, base, torch.float32)(input_ids=TOKENS).logits
        before = load("AutoModelForCausalLM", base, None, torch.float32)(input_ids=TOKENS).logits
        assert torch.equal(merged(TOKENS).logits, wanted) and not torch.equal(before, wanted)
    if written is in_shards:
        assert len(sizes) > 2 and sizes[-1] == merged_bytes(base)
