"""What all trainers share: the base model, arguments, adapter, and the run from its last checkpoint."""

from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from training.running.callbacks import callbacks
from training.running.checkpoints import last_checkpoint
from training.running.memory import halving, wanted
from training.running.run import AnyRun
from training.settings.learning import TrainingSettings


def in_bfloat16(settings: TrainingSettings) -> bool:
    """Whether forward passes and saved weights are bfloat16."""
    import torch

    if settings.dtype == "auto":
        return torch.cuda.is_available()
    return settings.dtype == "bfloat16"


def load_model(run: AnyRun, kind: str = "AutoModelForCausalLM", **options: Any) -> tuple[Any, Any]:
    """The base model as transformers' ``kind``, and its tokenizer."""
    return load_weights(run, run.base_folder, kind, **options), load_tokenizer(run)


def load_weights(run: AnyRun, folder: Path, kind: str, **options: Any) -> Any:
    """The model in ``folder`` as transformers' ``kind``.

    Weights that are trained are float32, since small steps would vanish in bfloat16; those under an adapter
    are in the run's dtype. A head that is not in the folder is drawn by the run's seed.
    """
    import torch
    import transformers
    from datasets import disable_progress_bars
    from transformers.utils import logging

    logging.disable_progress_bar()
    disable_progress_bars()
    transformers.set_seed(run.settings.seed)
    frozen = run.settings.lora_rank is not None and in_bfloat16(run.settings)
    verbosity = logging.get_verbosity()
    # that a new head is not in the folder is no news
    logging.set_verbosity_error()
    model = getattr(transformers, kind).from_pretrained(
        folder,
        dtype=torch.bfloat16 if frozen else torch.float32,
        local_files_only=True,
        use_safetensors=True,
        **options,
    )
    logging.set_verbosity(verbosity)
    return model


def load_tokenizer(run: AnyRun) -> Any:
    """The base's tokenizer; raises BadInput where it cannot say a conversation or pad a batch."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.base_folder, local_files_only=True)
    if not tokenizer.chat_template:
        raise BadInput(
            f"the tokenizer of {run.base} has no chat template, so it cannot mark who speaks: give the model "
            "a chat_template.jinja"
        )
    if tokenizer.pad_token is None and tokenizer.eos_token is None:
        raise BadInput(
            f"the tokenizer of {run.base} has neither pad_token nor eos_token: give it a pad_token"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def trainer_arguments(run: AnyRun) -> dict[str, Any]:
    """The arguments that all trainers share; checkpoints are asked for by time, not by steps."""
    import torch

    gpu = torch.cuda.is_available()
    one = run.settings
    return {
        "output_dir": str(run.checkpoints),
        "run_name": run.config.name,
        "learning_rate": one.learning_rate,
        "num_train_epochs": one.num_epochs,
        "max_steps": one.max_steps or -1,
        "per_device_train_batch_size": run.micro_batch.size,
        "gradient_accumulation_steps": run.micro_batch.accumulation,
        "warmup_steps": one.warmup_share,
        "lr_scheduler_type": "cosine",
        "seed": one.seed,
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "no",
        "save_total_limit": 2,
        "report_to": list(run.config.report_to) or "none",
        "disable_tqdm": True,
        "use_cpu": not gpu,
        "bf16": in_bfloat16(one),
        "gradient_checkpointing": gpu,
        "ddp_find_unused_parameters": False,
        "dataloader_pin_memory": gpu,
    }


def lora(settings: TrainingSettings, task: str = "CAUSAL_LM") -> Any:
    """A LoRA adapter on every linear layer but the head (Hu et al. 2021); None trains all weights.

    The new head of a reward model is trained whole.
    """
    if settings.lora_rank is None:
        return None
    from peft import LoraConfig

    head = None if task == "CAUSAL_LM" else ["score"]
    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        target_modules="all-linear",
        task_type=task,
        modules_to_save=head,
        exclude_modules=head,
    )


def train(run: AnyRun, trainer: Any) -> list[dict[str, float]]:
    """Train, from the last checkpoint where there is one; the log history.

    Raises ModelFailed at the first loss that is not a number, and OutOfMemory where less at once may do.
    """
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    for one in callbacks(run):
        trainer.add_callback(one)
    _require_sharding(run, trainer)
    less = run.micro_batch
    if less != wanted(run.settings):
        run.report(
            f"{run.config.name}: {less.size} rows at once in place of {run.settings.batch_size}, "
            f"{less.accumulation} times for each step, as memory was short"
        )
    checkpoint = last_checkpoint(run.checkpoints)
    if checkpoint:
        run.report(f"{run.config.name}: resumed from {Path(checkpoint).name}")
    with halving(run.config, run.settings):
        trainer.train(resume_from_checkpoint=checkpoint)
    return [one for one in trainer.state.log_history if "loss" in one]


def _require_sharding(run: AnyRun, trainer: Any) -> None:
    kind = str(trainer.accelerator.distributed_type).rpartition(".")[2]
    if run.config.launch.strategy == "fsdp" and kind != "FSDP":
        raise BadInput(
            f"{run.config.name}: accelerate shards on GPUs alone, and here it found {kind}: take "
            "strategy = 'ddp'"
        )
