"""A manifest is read as it was written, an older one with defaults, and a broken one is a sentence."""

import json
import math
from pathlib import Path

import pytest

from datasets_registry.errors import BrokenObject
from datasets_registry.manifest import FILE, Manifest, VersionReference

WHOLE = {
    "name": "policy",
    "trainer": "dpo",
    "fingerprint": "abc",
    "base": {"name": "base_policy", "number": 1, "data_version": "d1"},
    "datasets": {"train": {"name": "round_02/preference_pairs", "number": 2, "data_version": "d2"}},
    "reward_models": [{"name": "reward_model", "number": 3, "data_version": "d3"}],
    "reference": {"name": "sft_policy", "number": 4, "data_version": "d4"},
    "parts": [],
    "settings": {"learning_rate": 1e-4, "losses": {"sigmoid": 1.0}, "lora_rank": None},
    "dtype": "bfloat16",
    "stored": "adapter",
    "kept_by_bfloat16": 0.25,
    "micro_batch": 4,
    "gradient_accumulation": 2,
    "processes": 1,
    "strategy": None,
    "effective_batch": 8,
    "memory_gib": {"all": 0.5},
    "optimizer_steps": 12,
    "warmup_steps": 2,
    "sum_of_rates": 0.001,
    "rows": {"given": 17, "trained": 16},
    "metrics": {"loss": 0.5, "num_tokens": 12, "rewards/margins": math.inf},
    "loss": [[1, 0.7], [2, 0.5]],
    "curves": {"rewards/margins": [[1, 0.0], [2, 0.25]]},
    "seconds": 1.5,
    "libraries": {"trl": "1.16.0"},
    "rendering": "r1",
}


def test_what_is_written_is_what_was_read_to_the_byte(tmp_path: Path) -> None:
    text = json.dumps(WHOLE, indent=2)
    (tmp_path / FILE).write_text(text)
    manifest = Manifest.read(tmp_path)
    (tmp_path / "again").mkdir()
    assert manifest.write(tmp_path / "again").read_text() == text
    assert str(manifest.base) == "base_policy@1" and manifest.curves["rewards/margins"][-1] == (2, 0.25)
    assert manifest.compared_with == "sft_policy@4"
    assert manifest.datasets["train"] == VersionReference(
        name="round_02/preference_pairs", number=2, data_version="d2"
    )


def test_an_older_manifest_and_none_at_all_have_defaults(tmp_path: Path) -> None:
    assert Manifest.read(tmp_path) == Manifest()
    (tmp_path / FILE).write_text('{"trainer": "sft", "metrics": {"loss": 1, "note": "x"}, "later": 1}')
    assert Manifest.read(tmp_path) == Manifest(trainer="sft", metrics={"loss": 1})


@pytest.mark.parametrize("text", ["{", "[]", '{"base": "base_policy@1"}', '{"rows": 3}'])
def test_a_file_that_is_not_a_manifest_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BrokenObject, match="manifest.json is not a manifest: build the model again"):
        Manifest.read(tmp_path)
