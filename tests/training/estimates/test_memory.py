"""Estimates of memory: the arithmetic of 8B, and the peaks that real runs of small models have."""

from pathlib import Path
from typing import Any

import pytest
import transformers

from benchmarks.sides.training.memory_of_runs import FEW, RUNS, memory_of_runs, rows_for, wide_model
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from generation.models.shapes import shapes_of
from tests.training.estimates.test_activations import shipped
from tests.training.runs import manifest, write
from training.estimates.fitting import RESERVE, Job, engine_bytes, fitted, usable
from training.estimates.hours import Rates, sampling_seconds
from training.estimates.memory import GIB, Device, memory
from training.running.card import require_free
from training.settings.dpo import DpoSettings
from training.settings.grpo import GrpoSettings
from training.settings.kto import KtoSettings
from training.settings.launch import Launch
from training.settings.learning import TrainingSettings
from training.settings.orpo import OrpoSettings
from training.settings.ppo import PpoSettings
from training.settings.sampler import SamplerEngine
from training.settings.sft import SftSettings
from training.sft import sft

EIGHT = "Llama-3.1-8B-Instruct"
CARD = Device()
H100 = 79.2 * GIB


def gib(size: float) -> float:
    return round(size / GIB, 1)


def test_all_weights_of_8b_take_120_gib_and_an_eighth_each_over_eight() -> None:
    settings = SftSettings(lora_rank=None, gradient_accumulation=8, batch_size=1, max_length=1024)
    alone = memory(settings, shipped(EIGHT), CARD)
    assert [gib(part) for part in (alone.weights, alone.gradients, alone.optimizer)] == [29.9, 29.9, 59.8]
    shared = memory(settings, shipped(EIGHT), CARD, launch=Launch(processes=8, strategy="fsdp"))
    assert gib(shared.gradients + shared.optimizer) == 11.2 and shared.total < H100 / 2


def test_an_adapter_of_8b_fits_and_its_gradients_are_small() -> None:
    taken = memory(SftSettings(batch_size=4, max_length=2048), shipped(EIGHT), CARD)
    assert gib(taken.weights) == 15.1 and gib(taken.gradients + taken.optimizer) == 0.5
    assert taken.total < 30 * GIB


@pytest.mark.parametrize(("processes", "least"), [(1, 2), (8, 3)])
def test_an_engine_that_samples_takes_its_share_in_place_of_the_trainers_own_sampling(
    processes: int, least: float
) -> None:
    rates, launch = (
        Rates(training=4e14, prefill=4e14, decoding=2e12, step_seconds=0.05),
        Launch(processes=processes),
    )
    seconds, shapes = {}, shipped(EIGHT)
    for sampler in ("transformers", "vllm"):
        settings = GrpoSettings(sampler=sampler, batch_size=16, gradient_accumulation=8)
        share = engine_bytes(settings, SamplerEngine(), H100)
        taken = memory(settings, shapes, CARD, launch=launch, engine=share)
        assert (taken.sampling > 0) == (share == 0) == (sampler == "transformers")
        assert gib(taken.engine) == (23.8 if sampler == "vllm" else 0) and taken.total < usable(H100)
        seconds[sampler] = sampling_seconds(settings, shapes, rates, 1280, launch)
    # every token of every sample by an engine, or the slowest sample's tokens at the pace of transformers
    assert seconds["vllm"] < seconds["transformers"] / least


def test_an_engine_without_room_for_the_base_is_refused_by_its_own_number() -> None:
    settings = GrpoSettings(sampler="vllm", batch_size=16, gradient_accumulation=8)
    share = engine_bytes(settings, SamplerEngine(gpu_memory_utilization=0.15), H100)
    with pytest.raises(BadInput, match="needs 15.2 GiB .* has 11.9 GiB: raise sampler_engine.gpu_mem"):
        fitted(Job("policy", settings, shipped(EIGHT), CARD, engine=share), H100)


def test_references_and_reward_models_count_where_they_are_loaded() -> None:
    shapes = shipped(EIGHT)
    whole: dict[str, Any] = {"lora_rank": None}
    for settings, has_it in [
        (DpoSettings(**whole), True),
        (DpoSettings(**whole, target="soft"), False),
        (DpoSettings(), False),
        (KtoSettings(**whole), True),
        (SftSettings(**whole), False),
        (GrpoSettings(**whole, beta=0.0), False),
        (GrpoSettings(**whole), True),
        (PpoSettings(**whole), True),
    ]:
        assert gib(memory(settings, shapes, CARD).others) == (29.9 if has_it else 0.0), settings
    scored = memory(GrpoSettings(), shapes, CARD, scorers=[shapes, shapes])
    assert gib(scored.others) == 2 * 14.0


def test_ppo_of_8b_by_adapters_fits_as_it_recomputes_and_did_not_before() -> None:
    settings = PpoSettings(batch_size=32, max_length=512, max_completion_length=256)
    shapes = shipped(EIGHT)
    kept = memory(settings, shapes, Device(checkpointing=False), scorers=[shapes])
    assert kept.activations > 110 * GIB
    assert fitted(Job("ppo", settings, shapes, CARD, scorers=[shapes]), H100).rows == 32


def test_a_run_takes_fewer_rows_at_once_where_its_own_do_not_fit() -> None:
    job = Job("policy", OrpoSettings(batch_size=16, max_length=2048), shipped(EIGHT), CARD)
    found = fitted(job, H100)
    assert found.rows < 16 and 16 % found.rows == 0
    assert found.memory.total <= usable(H100) < job.memory(2 * found.rows).total


def test_a_card_that_another_process_fills_is_not_begun_on() -> None:
    needed = memory(SftSettings(batch_size=4, max_length=2048), shipped(EIGHT), CARD)
    require_free("policy", needed, 17 * GIB, 80 * GIB)
    with pytest.raises(BadInput, match="another process has 70.0 of the card's 80.0 GiB, and this run"):
        require_free("policy", needed, 10 * GIB, 80 * GIB)


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        (SftSettings(lora_rank=None, max_length=2048), "train an adapter .* processes = 2"),
        (PpoSettings(lora_rank=None, max_length=2048), "train an adapter \\(lora_rank = 16\\)$"),
        (OrpoSettings(max_length=65536), "lower max_length to [0-9]{4,5}$"),
    ],
)
def test_what_cannot_fit_says_which_number_to_change(settings: TrainingSettings, remedy: str) -> None:
    job = Job("policy", settings, shipped(EIGHT), CARD)
    with pytest.raises(BadInput, match=f"policy: 1 row at once .* need [0-9.]+ GiB, .* GiB\\): .*{remedy}"):
        fitted(job, H100)


def test_kto_never_takes_one_row_alone() -> None:
    job = Job("policy", KtoSettings(batch_size=4, max_length=2048), shipped(EIGHT), CARD)
    with pytest.raises(BadInput, match="2 rows at once"):
        fitted(job, 16 * GIB)


@pytest.mark.parametrize("title", RUNS)
def test_the_estimate_is_within_a_quarter_of_what_a_run_takes(title: str, tmp_path: Path) -> None:
    for taken in memory_of_runs(tmp_path, [title]):
        assert 0.8 < taken.ratio < 1.25, taken


@pytest.fixture
def wide(registry: Registry) -> Path:
    """A model wide enough for its activations to count."""
    return wide_model(registry)


def test_a_run_is_lowered_to_what_fits_and_learns_the_same(
    wide: Path, registry: Registry, tmp_path: Path
) -> None:
    settings = FEW | {"learning_rate": 1e-3, "dtype": "float32"}
    rows = rows_for(registry, "sft")
    job = Job(
        "policy", SftSettings.model_validate(settings), shapes_of(wide), Device("float32", False, card=False)
    )
    card = job.memory(2).total / (1 - RESERVE) / 1e9
    lines: list[str] = []
    sft(write(tmp_path / "whole", rows, settings=settings, system_text=None), lambda _: None)
    sft(
        write(tmp_path / "lowered", rows, settings=settings, system_text=None, memory_gb=card * 1.001),
        lines.append,
    )
    assert any("2 rows at once in place of 8, 4 times for each step, which take" in line for line in lines)
    whole, lowered = manifest(tmp_path / "whole"), manifest(tmp_path / "lowered")
    assert (lowered["micro_batch"], lowered["gradient_accumulation"], lowered["effective_batch"]) == (2, 4, 8)
    assert [loss for _, loss in lowered["loss"]] == pytest.approx(
        [loss for _, loss in whole["loss"]], abs=1e-5
    )
    assert lowered["memory_gib"]["total"] == pytest.approx(job.memory(2).total / GIB, abs=1e-3)
    assert whole["memory_gib"] == {}


def test_a_run_that_cannot_fit_is_refused_before_anything_is_loaded(
    wide: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", None)
    settings = {"lora_rank": None, "max_length": 512}
    path = write(tmp_path, rows_for(registry, "sft"), settings=settings, memory_gb=0.001)
    with pytest.raises(BadInput, match="1 row at once of max_length 512 need .* train an adapter"):
        sft(path, lambda _: None)
