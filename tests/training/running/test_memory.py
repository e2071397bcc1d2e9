"""A run that is short of memory goes on once with half at a time, in the same effective batch."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import torch
from transformers import Trainer

from datasets_registry.errors import ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import REPOSITORY
from tests.rows import make
from tests.training.runs import SETTINGS, commit, labelled, manifest, write
from training.dpo import dpo
from training.process_reward_model import process_reward_model
from training.reward_model import reward_model
from training.running.memory import MicroBatch, OutOfMemory, halving, micro_batch
from training.settings.run import RunConfig, read_config
from training.settings.sft import SftSettings
from training.sft import sft


def exhaust_cpu() -> None:
    """Let torch's own allocator fail."""
    torch.empty(1 << 50)


def exhaust_gpu() -> None:
    """Fail as CUDA's allocator does."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def exhaust_python() -> None:
    """Fail as Python does."""
    raise MemoryError


@pytest.mark.parametrize(
    ("rows", "times", "less"),
    [(8, 1, (4, 2)), (2, 4, (1, 8)), (6, 1, (3, 2)), (9, 2, (3, 6)), (7, 1, (1, 7))],
)
def test_half_at_a_time_makes_the_same_batch(rows: int, times: int, less: tuple[int, int]) -> None:
    assert MicroBatch(rows, times).halved() == MicroBatch(*less)


@pytest.mark.parametrize("exhaust", [exhaust_cpu, exhaust_gpu, exhaust_python])
def test_each_lack_of_memory_halves_once_and_then_says_what_helps(
    exhaust: Callable[[], None], tmp_path: Path
) -> None:
    settings = SftSettings(batch_size=4)
    config = read_config(RunConfig[SftSettings], write(tmp_path, "cai_sft@1", settings=settings.model_dump()))
    with pytest.raises(OutOfMemory, match="checkpoint with 2, 2 times for"), halving(config, settings):
        exhaust()
    assert micro_batch(config, settings) == MicroBatch(2, 2)
    with pytest.raises(ModelFailed, match="even with 2 of 4 rows") as told, halving(config, settings):
        exhaust()
    assert not isinstance(told.value, OutOfMemory) and "lower max_length" in str(told.value)


def test_single_rows_cannot_be_halved_and_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    settings = SftSettings(batch_size=1)
    config = read_config(RunConfig[SftSettings], write(tmp_path, "cai_sft@1", settings=settings.model_dump()))
    with pytest.raises(ModelFailed, match="even with 1 of 1 rows at once"), halving(config, settings):
        exhaust_cpu()
    with pytest.raises(RuntimeError, match="^of another kind$"), halving(config, settings):
        raise RuntimeError("of another kind")
    assert micro_batch(config, settings) == MicroBatch(1, 1)


@pytest.mark.parametrize(
    "said",
    ["CUDA error: an illegal memory access was encountered\nCUDA kernel errors", "NCCL error in: ."],
)
def test_a_lost_card_is_named_with_the_remedy_and_an_assertion_is_not_one(said: str, tmp_path: Path) -> None:
    settings = SftSettings(batch_size=4)
    config = read_config(RunConfig[SftSettings], write(tmp_path, "cai_sft@1", settings=settings.model_dump()))
    with (
        pytest.raises(ModelFailed, match=rf"a card was lost \({said[:10]}[^\n]*\): see .* last checkpoint$"),
        halving(config, settings),
    ):
        raise RuntimeError(said)
    with (
        pytest.raises(RuntimeError, match="^CUDA error: device-side assert triggered$"),
        halving(config, settings),
    ):
        raise RuntimeError("CUDA error: device-side assert triggered")
    assert micro_batch(config, settings) == MicroBatch(4, 1)


def short_of(rows: int, monkeypatch: pytest.MonkeyPatch, exhaust: Callable[[], None], after: int) -> None:
    """From the step ``after`` on, let memory be too short for batches of so many ``rows``."""
    given, begun = Trainer.training_step, []

    def step(self: Any, model: Any, inputs: dict[str, Any], *more: Any) -> Any:
        begun.append(1)
        if len(begun) > after and len(next(iter(inputs.values()))) >= rows:
            exhaust()
        return given(self, model, inputs, *more)

    monkeypatch.setattr(Trainer, "training_step", step)


def sft_rows(registry: Registry) -> str:
    rows = [make(SftExample, f"p{number}", completion="yes " * (1 + number % 3)) for number in range(16)]
    return commit(registry, SftExample, rows)


def pair_rows(registry: Registry) -> str:
    rows = [make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no no") for number in range(16)]
    return commit(registry, PreferencePair, rows)


def step_rows(registry: Registry) -> str:
    rows = [labelled(number, ["1+1=2", "3"], [True, number % 2 == 0]) for number in range(16)]
    return commit(registry, StepLabels, rows)


@pytest.mark.parametrize(
    ("trainer", "rows", "per_batch", "exhaust", "within"),
    [
        (sft, sft_rows, 4, exhaust_gpu, 1e-3),
        # both answers of a pair are rows
        (dpo, pair_rows, 8, exhaust_cpu, 1e-3),
        (reward_model, pair_rows, 8, exhaust_cpu, 1e-3),
        # transformers drops out a tenth of what a token classifier's head reads, by the shape of the batch
        (process_reward_model, step_rows, 4, exhaust_cpu, 0.1),
    ],
)
def test_a_trainer_short_of_memory_learns_the_same_in_halves(
    trainer: Any,
    rows: Callable[[Registry], str],
    per_batch: int,
    exhaust: Callable[[], None],
    within: float,
    base: Path,
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, lines = rows(registry), list[str]()
    more = {} if trainer in (sft, dpo) else {"held_out_share": 0}
    told = {"settings": {**SETTINGS, "max_steps": 4, "lora_rank": None, "learning_rate": 1e-3, **more}}
    trainer(write(tmp_path / "whole", dataset, **told), lambda _: None)
    path = write(tmp_path / "short", dataset, checkpoint_minutes=0, **told)
    short_of(per_batch, monkeypatch, exhaust, after=2)
    with pytest.raises(OutOfMemory):
        trainer(path, lambda _: None)
    assert not (tmp_path / "short" / "model").exists()
    trainer(path, lines.append)
    assert lines[:2] == [
        "policy: 2 rows at once in place of 4, 2 times for each step, as memory was short",
        "policy: resumed from checkpoint-2",
    ]
    whole, short = manifest(tmp_path / "whole"), manifest(tmp_path / "short")
    assert short["metrics"]["loss"] == pytest.approx(whole["metrics"]["loss"], rel=within)
    batches = ("micro_batch", "gradient_accumulation", "effective_batch")
    assert [whole[name] for name in batches] == [4, 1, 4]
    assert [short[name] for name in batches] == [2, 2, 4]


@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
def test_a_run_short_of_memory_begins_anew_by_itself_and_dagster_sees_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "state"))
    path = write(tmp_path, "cai_sft@1", settings={"batch_size": 8, "fate": "short of memory"})

    @dg.asset
    def trained(
        context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient
    ) -> dg.MaterializeResult[None]:
        command = [sys.executable, "-m", "tests.training.light", "--config", str(path)]
        pipes.run(context=context, command=command, cwd=str(REPOSITORY))
        return dg.MaterializeResult()

    with dg.DagsterInstance.ephemeral() as instance:
        pipes = dg.PipesSubprocessClient()
        result = dg.materialize([trained], resources={"pipes": pipes}, instance=instance)
        lines = [event.message or "" for event in instance.all_logs(result.run_id)]
    assert result.success and (tmp_path / "done-0").read_text() == "4"
    said = [line for line in lines if "policy" in line]
    assert said == [f"policy: {rows} rows at once, process 0" for rows in (8, 4)]
    assert not [line for line in lines if "after closed" in line]
