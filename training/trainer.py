"""What all trainers share: the base model, arguments, adapter, checkpoints, progress, and the run itself."""

import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

from datasets_registry.errors import ModelFailed
from training.config import TrainSettings
from training.run import Run


def load_model(run: Run, kind: str = "AutoModelForCausalLM", **options: Any) -> tuple[Any, Any]:
    """The base model as transformers' ``kind`` in float32 (bfloat16 on a GPU), and its tokenizer.

    A head that the base lacks is drawn by the run's seed.
    """
    import torch
    import transformers
    from datasets import disable_progress_bars
    from transformers.utils import logging

    logging.disable_progress_bar()
    disable_progress_bars()
    transformers.set_seed(run.settings.seed)
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    verbosity = logging.get_verbosity()
    # that a new head is not in the base is no news
    logging.set_verbosity_error()
    model = getattr(transformers, kind).from_pretrained(
        run.base_folder, dtype=dtype, local_files_only=True, use_safetensors=True, **options
    )
    logging.set_verbosity(verbosity)
    return model, transformers.AutoTokenizer.from_pretrained(run.base_folder, local_files_only=True)


def trainer_arguments(run: Run, num_rows: int) -> dict[str, Any]:
    """The arguments that all trainers share; checkpoints at about every tenth of the run."""
    import torch

    gpu = torch.cuda.is_available()
    one = run.settings
    per_step = one.batch_size * one.gradient_accumulation
    steps = one.max_steps or max(1, round(one.num_epochs * num_rows / per_step))
    return {
        "output_dir": str(run.checkpoints),
        "learning_rate": one.learning_rate,
        "num_train_epochs": one.num_epochs,
        "max_steps": one.max_steps or -1,
        "per_device_train_batch_size": one.batch_size,
        "gradient_accumulation_steps": one.gradient_accumulation,
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


def lora(settings: TrainSettings, task: str = "CAUSAL_LM") -> Any:
    """A LoRA adapter on every linear layer but the head (Hu et al. 2021); None trains all weights.

    The new head of a reward model is trained whole.
    """
    if settings.lora_rank is None:
        return None
    from peft import LoraConfig

    head = None if task == "CAUSAL_LM" else ["score"]
    return LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, target_modules="all-linear",
        task_type=task, modules_to_save=head, exclude_modules=head,
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
