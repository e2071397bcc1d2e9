"""The lab model is the same on every machine, spells sums, and refuses what it cannot spell."""

import hashlib
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from datasets_registry.errors import BadInput
from generation.chat import finished, prompt_ids, token_ids
from generation.models.folder import fingerprint, validated_folder
from generation.models.lab import write_lab_model
from generation.models.sources import resolve_model
from generation.request import Message, Request

GOLD = "12+7=19\n19+5=24\nA:24"
ASKED = Message(role="user", content="12+7+5=?")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab model in a models folder of its own."""
    return resolve_model("lab", tmp_path_factory.mktemp("models"))


def test_it_is_written_once_and_the_same_everywhere(lab: Path, tmp_path: Path) -> None:
    stamp = (lab / "model.safetensors").stat().st_mtime_ns
    assert resolve_model("lab", lab.parent) == lab == validated_folder(lab)
    assert (lab / "model.safetensors").stat().st_mtime_ns == stamp
    assert fingerprint(write_lab_model(tmp_path / "elsewhere")) == fingerprint(lab)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere"]


def test_its_weights_are_these(lab: Path) -> None:
    weights = load_file(lab / "model.safetensors")
    whole = hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()
    assert whole.startswith("493c7f11c0e7ce4a")
    matrix = weights["model.layers.0.mlp.up_proj.weight"]
    assert abs(float(matrix.std()) - 0.02) < 2e-4 and abs(float(matrix.mean())) < 5e-4
    assert (weights["model.norm.weight"] == 1).all()
    assert len({tensor.tobytes() for tensor in weights.values() if tensor.ndim == 2}) == sum(
        tensor.ndim == 2 for tensor in weights.values()
    )


def test_it_has_nineteen_tokens_a_window_for_sums_and_nearly_a_million_weights(lab: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(lab), AutoTokenizer.from_pretrained(lab)
    assert len(tokenizer) == model.config.vocab_size == 19
    assert 850_000 < model.num_parameters() < 950_000
    assert model.config.max_position_embeddings == 256
    assert tokenizer.pad_token_id != tokenizer.eos_token_id == model.generation_config.eos_token_id
    assert model.config.pad_token_id == tokenizer.pad_token_id


def test_a_conversation_is_its_characters_and_the_marks(lab: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(lab)
    text = finished(tokenizer, [ASKED, Message(role="assistant", content=GOLD)])
    assert text == f"12+7+5=?<answer>{GOLD}<end>"
    ids = token_ids(tokenizer, text)
    assert len(ids) == 8 + 1 + len(GOLD) + 1 and ids[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(ids[9:], skip_special_tokens=True) == GOLD
    asked = prompt_ids(tokenizer, Request(messages=(ASKED,)))
    assert ids[: len(asked)] == asked


@pytest.mark.parametrize("text", ["twelve", "12 + 7", "1<end>", "é"])
def test_a_character_it_cannot_spell_is_refused_and_never_vanishes(lab: Path, text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(lab)
    with pytest.raises(BadInput, match="lacks the character .*give this model only what it can spell"):
        prompt_ids(tokenizer, Request(messages=(Message(role="user", content=text),)))
