"""The part that all trainers share: base model, arguments, adapter, and the run from its last checkpoint."""

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from datasets_registry.adapters import FOLDER as ADAPTER
from datasets_registry.bases import base_folder
from datasets_registry.errors import BadInput
from datasets_registry.manifest import FILE
from generation.chat import trims
from generation.models.limits import require_saveable
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer
from training.estimates.disk import KEPT
from training.running import ranks
from training.running.callbacks import callbacks
from training.running.card import in_bfloat16, recomputes_activations
from training.running.checkpoints import are_others, last_checkpoint
from training.running.memory import configured
from training.running.movement import UPDATE, place_of, train_in_float32, update_rms
from training.running.protocols import TrainableModel, Trainer
from training.running.run import AnyRun
from training.running.sharding import keep_outputs, prepare_sharding
from training.running.visible import require_unchanged
from training.settings.learning import TrainingSettings

if TYPE_CHECKING:
    from peft import LoraConfig


def load_model(
    run: AnyRun, kind: str = "AutoModelForCausalLM", **options: object
) -> tuple[TrainableModel, Tokenizer]:
    """The base model as transformers' ``kind``, and its tokenizer.

    Raises BadInput where the tokenizer cannot render a conversation or pad a batch.
    """
    return load_base(run, kind, **options), load_tokenizer(run)


def load_base(run: AnyRun, kind: str = "AutoModelForCausalLM", **options: object) -> TrainableModel:
    """The base model as transformers' ``kind``, once the tokenizer has shown that there are rows enough."""
    require_start(run, kind)
    return load_weights(run, start_folder(run), kind, **options)


def require_start(run: AnyRun, kind: str = "AutoModelForCausalLM") -> None:
    """Raise unless the run can start from its models and save what it trains, before a weight is loaded.

    BrokenObject where a model is not as it was registered, BadInput where the base's generation settings
    cannot be saved with a language model.
    """
    require_unchanged(run.registry, run.models)
    if kind == "AutoModelForCausalLM":
        # those that ``start_folder`` copies where it writes the base whole
        require_saveable(run.base_folder)


def start_folder(run: AnyRun) -> Path:
    """The directory of the weights that training starts from: the base's.

    Where all weights are trained and the base is stored as an adapter, it is written whole once, in float32,
    beside the run, since TRL reads its reference from a directory.
    """
    folder = run.base_folder
    under = base_folder(run.registry, folder)
    if under is None or run.settings.lora_rank is not None:
        return folder
    whole = run.config.output / f"base-{run.base.data_version[:16]}"
    if ranks.is_first() and not whole.exists():
        from generation.models.merging import write_merged

        temporary = run.config.output / ".tmp-base"
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(folder, temporary, ignore=shutil.ignore_patterns(ADAPTER, FILE))
        write_merged(folder, under, temporary)
        temporary.rename(whole)
    # processes cannot meet before their trainer is made
    while not whole.exists():
        time.sleep(1)
    return whole


def load_weights(run: AnyRun, folder: Path, kind: str, **options: object) -> TrainableModel:
    """The model in ``folder`` as transformers' ``kind``.

    Weights that are trained are float32, since small steps would vanish in bfloat16; those under an adapter
    are in the run's dtype, with the adapter of an earlier run beside them. A head that is not in the folder
    is initialised by the run's seed.
    """
    import torch
    import transformers
    from datasets import disable_progress_bars

    from generation.models.loading import load

    disable_progress_bars()
    transformers.set_seed(run.settings.seed)
    is_frozen = run.settings.lora_rank is not None and in_bfloat16(run.settings)
    dtype = torch.bfloat16 if is_frozen else torch.float32
    return cast(TrainableModel, load(kind, folder, base_folder(run.registry, folder), dtype, **options))


def load_tokenizer(run: AnyRun) -> Tokenizer:
    """The base's tokenizer; a chat template that trims what is said is reported.

    Raises BadInput where it cannot render a conversation, end a turn or pad a batch.
    """
    tokenizer = open_tokenizer(run.base_folder)
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
    if ranks.is_first() and trims(tokenizer):
        run.report(
            f"{run.config.name}: the chat template of {run.base} cuts the white space around what is said, "
            "and so it is trained on"
        )
    return tokenizer


def trainer_arguments(run: AnyRun) -> dict[str, object]:
    """The arguments that all trainers share; checkpoints are asked for by time, not by steps."""
    import torch

    if run.config.launch.strategy == "fsdp":
        keep_outputs()
    gpu = torch.cuda.is_available()
    settings = run.settings
    return {
        "output_dir": str(run.checkpoints),
        "run_name": run.config.name,
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.num_epochs,
        "max_steps": settings.max_steps or -1,
        "per_device_train_batch_size": run.micro_batch.size,
        "gradient_accumulation_steps": run.micro_batch.accumulation,
        "warmup_steps": settings.warmup_share,
        "lr_scheduler_type": "cosine",
        "seed": settings.seed,
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "no",
        "save_total_limit": KEPT,
        "report_to": list(run.config.report_to) or "none",
        "disable_tqdm": True,
        "use_cpu": not gpu,
        "bf16": in_bfloat16(settings),
        "gradient_checkpointing": recomputes_activations(),
        "ddp_find_unused_parameters": False,
        # an earlier adapter lies in buffers, which are equal everywhere and never change
        "ddp_broadcast_buffers": False,
        "dataloader_pin_memory": gpu,
    }


def lora(settings: TrainingSettings, task: str = "CAUSAL_LM") -> "LoraConfig | None":
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


def train(run: AnyRun, trainer: Trainer) -> list[dict[str, float]]:
    """Train, from the last checkpoint where there is one; the log history, the last with ``update_rms``.

    Raises ModelFailed at the first loss that is NaN, and where no weight moved; and OutOfMemory where fewer
    rows at once may do.
    """
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    for callback in callbacks(run):
        trainer.add_callback(callback)
    prepare_sharding(run, trainer)
    report_micro_batch(run)
    checkpoint = last_checkpoint(run.checkpoints)
    report_start(run, Path(checkpoint).name if checkpoint else None)
    train_in_float32(run, trainer.model)
    start = place_of(trainer.model)
    with run.halving():
        trainer.train(resume_from_checkpoint=checkpoint)
    history = [figures for figures in trainer.state.log_history if "loss" in figures]
    # DeepSpeed's third stage leaves no weight where it was
    if run.config.launch.strategy == "zero3":
        return history
    return [*history[:-1], history[-1] | {UPDATE: update_rms(run, start, place_of(trainer.model))}]


def report_start(run: AnyRun, checkpoint: str | None) -> None:
    """Say which checkpoint training goes on from, or that another run's are there and are left alone."""
    if checkpoint:
        run.report(f"{run.config.name}: resumed from {checkpoint}")
    elif ranks.is_first() and are_others(run.checkpoints):
        run.report(
            f"{run.config.name}: begins anew: the checkpoints in {run.checkpoints.parent} are of another "
            "base, data or settings; remove them where nobody goes on from them"
        )


def report_micro_batch(run: AnyRun) -> None:
    """Say where fewer rows are taken at once than the settings do, and why."""
    micro_batch, first = run.micro_batch, configured(run.config, run.settings)
    if micro_batch == first:
        return
    why = "as memory was short" if micro_batch != run.planned else f"which take {run.memory}"
    run.report(
        f"{run.config.name}: {micro_batch.size} rows at once in place of {first.size}, "
        f"{micro_batch.accumulation} times for each step, {why}"
    )
