"""Training of all weights, for a number of steps: the lab model from nothing, and DPO without an adapter."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from generation.engine import EngineSettings
from generation.models.folder import fingerprint, validated_folder
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend
from tests.rows import make
from tests.training.runs import commit, gold, manifest, verified, write
from training.dpo import dpo
from training.settings.learning import TrainingSettings
from training.sft import sft

ALL = {"learning_rate": 3e-3, "batch_size": 8, "max_length": 64, "lora_rank": None, "min_steps": 6}


def test_the_lab_model_learns_gold_solutions_with_all_its_weights(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    # the vocabulary has no letter, which is of no matter to the other rows
    rows = [*(gold(f"{number}+1=?", "A:7") for number in range(16)), gold("é=?", "A:7")]
    settings = {**ALL, "max_steps": 15}
    dataset = commit(registry, GoldSolution, rows)
    sft(write(tmp_path, dataset, settings=settings, system_text=None), lambda _: None)
    folder, said = validated_folder(tmp_path / "model"), manifest(tmp_path)
    assert [step for step, _ in said["loss"]] == list(range(1, 16))
    assert (said["rows"]["trained"], said["rows"]["unrenderable"]) == (16, 1)
    assert said["settings"]["lora_rank"] is None and said["fingerprint"] == fingerprint(folder)
    assert not (folder / "adapter").exists()
    before, after = (load_file(path / "model.safetensors") for path in (lab, folder))
    still = {name for name in before if before[name].equal(after[name])}
    assert before.keys() == after.keys() and not still
    backend = TransformersBackend(folder, EngineSettings())
    asked = Request(
        messages=(Message(role="user", content="99+1=?"),),
        params=SamplingParams(temperature=0, max_tokens=8),
    )
    ((_, answer),) = backend.complete([asked])
    assert (answer.text, answer.finish_reason) == ("A:7", "stop")


def test_dpo_learns_verified_pairs_with_all_weights_against_the_base(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    pairs = [verified(number, "A:7", "A:8") for number in range(16)]
    settings = {**ALL, "max_steps": 6, "beta": 0.1}
    dpo(
        write(tmp_path, commit(registry, VerifiedPair, pairs), settings=settings, system_text=None),
        lambda _: None,
    )
    said = manifest(tmp_path)
    assert said["rows"] == {"given": 16, "trained": 16, "too_long": 0, "unlabelled": 0}
    assert said["loss"][0][1] == pytest.approx(0.693147, abs=1e-4)
    assert said["metrics"]["rewards/margins"] > 0.1 and len(said["loss"]) == 6


def test_rows_that_the_vocabulary_lacks_are_refused_in_words(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(8)])
    with pytest.raises(BadInput, match="lacks the character"):
        sft(write(tmp_path, dataset, settings=ALL, system_text=None), lambda _: None)


def test_a_dataset_of_another_kind_is_refused_by_its_missing_column(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, GoldSolution, [gold(f"{number}=?", "A:1") for number in range(8)])
    with pytest.raises(BadInput, match="gold_solutions@1 has no column 'chosen': .*prompt, chosen, rejected"):
        dpo(write(tmp_path, dataset, settings={**ALL, "beta": 0.1}), lambda _: None)


def test_no_rank_can_be_said_in_toml() -> None:
    assert TrainingSettings.model_validate({"lora_rank": "none"}).lora_rank is None
    assert TrainingSettings().lora_rank == 16
    with pytest.raises(ValueError, match="lora_rank"):
        TrainingSettings.model_validate({"lora_rank": 0})
