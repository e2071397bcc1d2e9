"""A run that cannot learn is refused before its base is loaded; one that moved nothing leaves no model."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rlaif import PreferencePair
from tests.loaded import loaded
from tests.rows import make
from tests.training.online_runs import VERIFIER
from tests.training.runs import commit, labelled, manifest, write
from training.dpo import dpo
from training.grpo import grpo
from training.kto import kto
from training.orpo import orpo
from training.ppo.__main__ import ppo
from training.process_reward_model import process_reward_model
from training.reward_model import reward_model
from training.rloo import rloo
from training.running.process import Report
from training.settings.kto import KtoSettings
from training.settings.learning import TrainingSettings
from training.settings.online import GroupSettings
from training.settings.ppo import PpoSettings
from training.settings.run import RunConfig
from training.sft import sft

Trainer = Callable[[Path, Report], None]
SETTINGS: dict[str, Any] = {"learning_rate": 5e-3, "batch_size": 4, "max_length": 128}


def examples(registry: Registry) -> str:
    return commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(16)])


def pairs(registry: Registry) -> str:
    rows = [make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no") for number in range(16)]
    return commit(registry, PreferencePair, rows)


def steps(registry: Registry) -> str:
    rows = [labelled(number, ["1+1=2", "3"], [True, number % 2 == 0]) for number in range(16)]
    return commit(registry, StepLabels, rows)


def problems(registry: Registry) -> str:
    return commit(registry, Problem, [make(Problem, f"q{number}", answer="7") for number in range(16)])


RUNS: list[tuple[Trainer, Callable[[Registry], str], dict[str, Any]]] = [
    (sft, examples, {}),
    (dpo, pairs, {}),
    (orpo, pairs, {}),
    (kto, pairs, {}),
    (reward_model, pairs, {"held_out_share": 0}),
    (process_reward_model, steps, {"held_out_share": 0}),
    (grpo, problems, {"num_draws": 2, "max_completion_length": 4}),
    (rloo, problems, {"num_draws": 2, "max_completion_length": 4}),
    (ppo, problems, {"max_completion_length": 4, "ppo_epochs": 1}),
]


def told(trainer: Trainer, **settings: Any) -> dict[str, Any]:
    """A run's config."""
    online = {"verifier": VERIFIER, "system_text": None} if trainer in (grpo, rloo, ppo) else {}
    return {"settings": SETTINGS | settings, **online}


@pytest.mark.parametrize(("trainer", "rows", "more"), RUNS)
def test_too_few_steps_are_refused_before_the_base_is_loaded(
    trainer: Trainer,
    rows: Callable[[Registry], str],
    more: dict[str, Any],
    base: Path,
    registry: Registry,
    tmp_path: Path,
) -> None:
    # there is nothing to load
    (base / "model.safetensors").unlink()
    path = write(tmp_path, rows(registry), **told(trainer, batch_size=16, **more))
    message = (
        r"\d+ rows, \d+ a step, give \d steps of the optimiser, fewer than min_steps 8: raise num_epochs"
    )
    with pytest.raises(ModelFailed, match=f"policy would learn next to nothing from .*: {message}"):
        trainer(path, lambda _: None)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("settings", "rows", "why"),
    [
        ({"num_epochs": 2}, 15, "15 rows, 8 a step, give 4 steps .*: raise num_epochs from 2 to 4, lower"),
        ({"gradient_accumulation": 16}, 96, "96 rows, 128 a step, give 1 steps .* from 1 to 8, lower grad"),
        ({"num_epochs": 4}, 15, None),
        ({"num_epochs": 0.5}, 128, None),
        ({"num_epochs": 0.5}, 112, "give 7 steps"),
        (
            {"min_steps": 1},
            8,
            "warmup_share 0.1 warms up in all steps of the optimiser, which are 1, the first",
        ),
        ({"min_steps": 1, "warmup_share": 0}, 8, None),
        ({"min_steps": 1}, 16, None),
        ({"warmup_share": 0.95}, 64, "warmup_share 0.95 warms up in all steps .*: lower it, or take more"),
    ],
)
def test_steps_are_counted_by_rows_batch_accumulation_and_epochs(
    settings: dict[str, Any], rows: int, why: str | None
) -> None:
    found = TrainingSettings(**settings).why_nothing_is_learned(rows)
    assert (found is None) == (why is None) and re.search(why or "", found or "")


def test_what_max_steps_decides_is_refused_with_the_settings() -> None:
    with pytest.raises(ValidationError, match="max_steps 7 gives 7 steps of the optimiser, fewer than min_s"):
        TrainingSettings(max_steps=7)
    with pytest.raises(ValidationError, match="warmup_share 0.1 warms up in all steps of the optimiser"):
        TrainingSettings(max_steps=1, min_steps=1)
    # its iterations make several updates each
    assert PpoSettings(max_steps=2, ppo_epochs=4).schedule(2).steps == 8
    with pytest.raises(ValidationError, match="max_steps 1 gives 4 steps"):
        PpoSettings(max_steps=1, ppo_epochs=4)
    assert GroupSettings(batch_size=8, gradient_accumulation=2, num_draws=4).iterations(9) == 3


def test_min_steps_is_no_part_of_what_a_model_is() -> None:
    assert TrainingSettings(min_steps=2).content == TrainingSettings().content
    assert "min_steps" not in TrainingSettings().content and TrainingSettings().content["batch_size"] == 8


@pytest.mark.parametrize(
    ("batch", "accumulation", "processes", "each"),
    [(4, 8, 1, 4), (4, 8, 8, 4), (4, 4, 8, 2), (2, 4, 8, 1), (6, 2, 4, 3), (8, 1, 2, 4)],
)
def test_processes_share_the_rows_of_a_step(batch: int, accumulation: int, processes: int, each: int) -> None:
    settings = TrainingSettings(batch_size=batch, gradient_accumulation=accumulation)
    assert settings.rows_at_once(processes) == each


def test_a_step_that_processes_cannot_share_is_refused(tmp_path: Path) -> None:
    config = {"name": "p", "base": "b", "dataset": "d", "output": tmp_path, "launch": {"processes": 8}}
    with pytest.raises(
        ValidationError, match="8 processes .* cannot share the 12 rows of a step evenly, batch"
    ):
        RunConfig[TrainingSettings].model_validate(config | {"settings": {"batch_size": 12}})
    with pytest.raises(ValidationError, match="would take 1 of 8 rows at once, and this trainer needs 2"):
        RunConfig[KtoSettings].model_validate(config | {"settings": {"batch_size": 8}})


def test_the_manifest_has_the_steps_that_were_taken_and_how_far_the_weights_went(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    path = write(tmp_path, examples(registry), **told(sft, num_epochs=3, warmup_share=0.2))
    sft(path, lambda _: None)
    said = manifest(tmp_path)
    assert (said["optimizer_steps"], said["warmup_steps"], said["effective_batch"]) == (12, 3, 4)
    assert len(said["loss"]) == 12
    before, after = (loaded(folder).state_dict() for folder in (base, tmp_path / "model"))
    adapted = [name for name in before if "proj" in name]
    squares = sum(float((after[name] - before[name]).double().square().sum()) for name in adapted)
    number = sum(before[name].numel() for name in adapted)
    assert said["metrics"]["update_rms"] == pytest.approx(math.sqrt(squares / number), rel=1e-3)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_the_rates_are_those_of_the_schedule_that_trainers_use(share: float) -> None:
    import torch
    from transformers import get_scheduler

    schedule = TrainingSettings(learning_rate=0.5, warmup_share=share, max_steps=23).schedule(23)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    steps = {"num_warmup_steps": math.ceil(23 * share), "num_training_steps": 23}
    scheduler = get_scheduler("cosine", optimizer, **steps)
    rates = []
    for _ in range(23):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert schedule.rates == pytest.approx(rates) and schedule.sum_of_rates == pytest.approx(sum(rates))
    assert schedule.warmup_steps == steps["num_warmup_steps"]


# where no answer is ever right, no sample is better than another, and no divergence pulls back
ALIKE = {"beta": 0.0, "max_steps": 2, "min_steps": 1}


@pytest.mark.parametrize(("trainer", "rows", "more"), [run for run in RUNS if run[0] in (grpo, rloo)])
def test_samples_that_are_all_alike_leave_no_model(
    trainer: Trainer,
    rows: Callable[[Registry], str],
    more: dict[str, Any],
    base: Path,
    registry: Registry,
    tmp_path: Path,
) -> None:
    path = write(tmp_path, rows(registry), **told(trainer, **more, **ALIKE))
    with pytest.raises(
        ModelFailed, match="all weights are where they began, .* raise num_draws, which is 2, or"
    ):
        trainer(path, lambda _: None)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("trainer", "rows", "more"), [run for run in RUNS if run[0] in (sft, dpo, reward_model, ppo)]
)
def test_steps_too_small_for_the_weights_leave_no_model(
    trainer: Trainer,
    rows: Callable[[Registry], str],
    more: dict[str, Any],
    base: Path,
    registry: Registry,
    tmp_path: Path,
) -> None:
    small = {"learning_rate": 1e-30, "lora_rank": None, "max_steps": 2, "min_steps": 1}
    path = write(tmp_path, rows(registry), **told(trainer, **more, **small))
    with pytest.raises(ModelFailed, match="after training all weights are where they began"):
        trainer(path, lambda _: None)
    assert not (tmp_path / "model").exists()
