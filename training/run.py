"""What every training run does: open exact versions, report, resume, and write a whole model."""

import ctypes
import json
import math
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, PipesContext, open_dagster_pipes

from datasets_registry.errors import ModelFailed, TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.version import Version
from training.config import RunConfig, TrainSettings, config_path


@dataclass
class Run:
    """An open run: its config, the exact versions behind it, and who is told of its progress."""

    config: RunConfig
    settings: TrainSettings
    registry: Registry
    base: Version
    dataset: Version
    report: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)

    @property
    def base_folder(self) -> Path:
        """The directory of the model that training starts from."""
        return self.registry.folder(self.base)

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints go; they outlive a killed run."""
        return self.config.output / "checkpoints"


def open_run(config: RunConfig, settings: TrainSettings, report: Callable[[str], None]) -> Run:
    """Find the named versions; raises UnpassedVersion or UnknownVersion before anything is loaded."""
    registry = Registry(State().prepare())
    base, dataset = (_exact(registry, one) for one in (config.base, config.dataset))
    return Run(config, settings, registry, base, dataset, report)


def _exact(registry: Registry, reference: str) -> Version:
    name, _, number = reference.partition("@")
    version = registry.version(name, int(number)) if number.isdecimal() else registry.passed(name)
    return registry.require_passed(version)


def load_model(run: Run) -> tuple[Any, Any]:
    """The base model in float32 (bfloat16 on a GPU) and its tokenizer."""
    import torch
    from datasets import disable_progress_bars
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    disable_progress_bars()
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    model = AutoModelForCausalLM.from_pretrained(
        run.base_folder, dtype=dtype, local_files_only=True, use_safetensors=True
    )
    return model, AutoTokenizer.from_pretrained(run.base_folder, local_files_only=True)


def trainer_arguments(run: Run, num_rows: int) -> dict[str, Any]:
    """The arguments that all TRL configs share; checkpoints at about every tenth of the run."""
    import torch

    gpu = torch.cuda.is_available()
    one = run.settings
    per_step = one.batch_size * one.gradient_accumulation
    steps = max(1, round(one.num_epochs * num_rows / per_step))
    return {
        "output_dir": str(run.checkpoints),
        "learning_rate": one.learning_rate,
        "num_train_epochs": one.num_epochs,
        "per_device_train_batch_size": one.batch_size,
        "gradient_accumulation_steps": one.gradient_accumulation,
        "max_length": None,
        "warmup_steps": one.warmup_share,
        "lr_scheduler_type": "cosine",
        "seed": one.seed,
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": max(1, steps // 10),
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": not gpu,
        "bf16": gpu,
        "gradient_checkpointing": gpu,
        "dataloader_pin_memory": gpu,
    }


def lora(settings: TrainSettings) -> Any:
    """A LoRA adapter on every linear layer but the head (Hu et al. 2021)."""
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint; one that a kill cut short is removed."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    while found:
        path = found.pop()
        try:
            json.loads((path / "trainer_state.json").read_text())
            return str(path)
        except (OSError, json.JSONDecodeError):
            shutil.rmtree(path)
    return None


def progress_callback(run: Run) -> Any:
    """A callback that reports step, loss and the time left at most every five seconds."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]
        said = 0.0

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            now = time.monotonic()
            if "loss" not in (logs or {}) or now - self.said < 5.0:
                return
            self.said = now
            left = (now - run.started) / state.global_step * (state.max_steps - state.global_step)
            run.report(
                f"{run.config.name}: step {state.global_step} of {state.max_steps}"
                f" · loss {float(logs['loss']):.3f} · {left:.0f} s left"
            )

    return Reporter()


def train(run: Run, trainer: Any) -> list[dict[str, float]]:
    """Train, from the last checkpoint where there is one; the log history. Raises on NaN losses."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    checkpoint = last_checkpoint(run.checkpoints)
    if checkpoint:
        run.report(f"{run.config.name}: resumed from {Path(checkpoint).name}")
    trainer.train(resume_from_checkpoint=checkpoint)
    history = [one for one in trainer.state.log_history if "loss" in one]
    if not history or not all(math.isfinite(one["loss"]) for one in history):
        raise ModelFailed(f"{run.config.name}: the loss is not a number: lower learning_rate")
    return history


def require_rows(run: Run, given: int, fitting: Sequence[Any]) -> None:
    """Raise ModelFailed unless there is at least one batch to train on."""
    if len(fitting) < run.settings.batch_size:
        raise ModelFailed(
            f"{run.dataset} gives {len(fitting)} usable rows of {given}, fewer than one batch of "
            f"{run.settings.batch_size}: add prompts, or lower batch_size"
        )


Work = Callable[[Path, Callable[[str], None]], None]


def main(work: Work, description: str | None) -> None:
    """Run a trainer's ``work``; errors are one line and exit code 2, as everywhere in Trimtab.

    The line is left beside the config too, where the asset finds it.
    """
    path = config_path(description)
    _die_with_parent()
    try:
        if _in_dagster():
            with open_dagster_pipes() as pipes:
                work(path, _through(pipes))
        else:
            work(path, lambda line: print(line, file=sys.stderr, flush=True))
    except TrimtabError as error:
        path.with_name("error.txt").write_text(str(error))
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _in_dagster() -> bool:
    # outside, open_dagster_pipes would give a mock that answers everything
    return DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ


def _through(pipes: PipesContext) -> Callable[[str], None]:
    def report(line: str) -> None:
        pipes.log.info(line)
        print(line, file=sys.stderr, flush=True)

    return report


def _die_with_parent() -> None:
    """Where Dagster is killed, its trainer must not go on unseen (Linux)."""
    if sys.platform == "linux" and _in_dagster():
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
