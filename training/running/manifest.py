"""The finished model: its weights, tokenizer and a manifest that says what made it."""

import importlib.metadata
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from datasets_registry.adapters import adapter_folder
from datasets_registry.errors import ModelFailed
from datasets_registry.manifest import Manifest, Point, VersionReference
from datasets_registry.state import sync
from generation.models.folder import fingerprint
from generation.models.soundness import is_finite, stored_weights
from generation.templates.opening import open_tokenizer
from generation.templates.probing import rendering_digest
from generation.tokenizer import Tokenizer
from training.estimates.memory import GIB
from training.running import ranks
from training.running.card import in_bfloat16
from training.running.movement import UPDATE
from training.running.protocols import Figures, TrainableModel, Trainer
from training.running.rounding import kept_by_bfloat16
from training.running.run import AnyRun
from training.running.trainer import train
from training.running.weights import Weights, gathered, given_folder, save_weights

POINTS = 200
# what is not a figure of learning, and the loss, which is kept whole
_LEFT_OUT = {
    *("epoch", "step", "loss", "learning_rate", "num_tokens", "num_input_tokens_seen", "step_time"),
    UPDATE,
}
_LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate")


def train_and_save(
    run: AnyRun,
    trainer: Trainer,
    tokenizer: Tokenizer,
    rows: Mapping[str, int],
    measure: Callable[[Path], Figures] | None = None,
    summary: Callable[[Sequence[Figures]], Figures] | None = None,
) -> Path:
    """Train, save the model and its manifest, and return its folder; ``measure`` gives held-out figures.

    ``summary`` makes further metrics of the figures of all steps.

    Of several processes only the first returns. Raises ModelFailed where the loss is NaN, and OutOfMemory
    where fewer rows at once may do.
    """
    history = train(run, trainer)
    saved = save_trained(run, trainer, tokenizer)
    held_out = measure(saved) if measure else None
    return finish(run, saved, history, rows, held_out, summary(history) if summary else None)


def save_trained(run: AnyRun, trainer: Trainer, tokenizer: Tokenizer) -> Path:
    """Save the trained model, an adapter by itself, to a temporary folder, and return that.

    Only the first of several processes returns.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    weights = gathered(run, trainer)
    ranks.end_all_but_first()
    return save_model(run, model, tokenizer, weights)


def save_model(
    run: AnyRun, model: TrainableModel, tokenizer: Tokenizer, weights: "Weights | None" = None
) -> Path:
    """Save ``model`` to a temporary folder, and return that; ``weights`` are its own where it is sharded."""
    folder, temporary = run.config.output / "model", run.config.output / ".tmp-model"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    save_weights(run, model, weights, temporary)
    tokenizer.save_pretrained(temporary)
    return temporary


def finish(
    run: AnyRun,
    temporary: Path,
    history: Sequence[Figures],
    rows: Mapping[str, int],
    held_out: Figures | None = None,
    summary: Figures | None = None,
) -> Path:
    """Write the manifest and put the model in place; returns its folder.

    ``history`` has the figures of each logged step. Those of held-out rows stand among the metrics as
    ``held_out_…``, beside those of the ``summary`` of the run.
    """
    require_numbers(run, temporary)
    further = {f"held_out_{name}": value for name, value in (held_out or {}).items()} | dict(summary or {})
    manifest = _manifest(run, temporary, history, rows, further)
    manifest.write(temporary)
    folder = put_in_place(run, temporary)
    run.report(f"{run.config.name}: done in {manifest.seconds} s, loss {history[-1]['loss']:.3f}")
    return folder


def put_in_place(run: AnyRun, temporary: Path) -> Path:
    """Let the finished model appear as a whole, also after a fall of power; returns its folder."""
    for path in temporary.rglob("*"):
        sync(path)
    folder = run.config.output / "model"
    temporary.rename(folder)
    sync(run.config.output)
    return folder


def require_numbers(run: AnyRun, folder: Path) -> None:
    """Raise ModelFailed where a weight that was trained is NaN or infinite: no such model is written."""
    bad = next((key for key, weight in stored_weights(folder) if not is_finite(weight)), None)
    if bad is not None:
        raise ModelFailed(
            f"{run.config.name}: after training {bad} has NaN or infinite numbers: lower learning_rate, "
            f"which is {run.settings.learning_rate:g}"
        )


def _manifest(
    run: AnyRun, folder: Path, history: Sequence[Figures], rows: Mapping[str, int], further: Figures
) -> Manifest:
    metrics = {name: value for name, value in history[-1].items() if name != "epoch"} | dict(further)
    micro_batch, launch = run.micro_batch, run.config.launch
    schedule = run.settings.schedule(int(history[-1].get("step", len(history))))
    return Manifest(
        name=run.config.name,
        trainer=run.trainer,
        fingerprint=fingerprint(folder),
        rendering=rendering_digest(open_tokenizer(folder)),
        base=VersionReference.from_version(run.base),
        datasets={role: VersionReference.from_version(version) for role, version in run.datasets.items()},
        reward_models=tuple(map(VersionReference.from_version, run.reward_models)),
        reference=VersionReference.from_version(run.reference) if run.reference else None,
        settings=run.settings.model_dump(mode="json"),
        dtype="bfloat16" if in_bfloat16(run.settings) else "float32",
        stored="whole" if adapter_folder(folder) is None else "adapter",
        kept_by_bfloat16=kept_by_bfloat16(given_folder(run), folder),
        micro_batch=micro_batch.size,
        gradient_accumulation=micro_batch.accumulation,
        processes=launch.processes,
        strategy=launch.strategy if launch.several else None,
        effective_batch=micro_batch.size * micro_batch.accumulation * launch.processes,
        memory_gib=_memory_gib(run),
        optimizer_steps=schedule.steps,
        warmup_steps=schedule.warmup_steps,
        sum_of_rates=schedule.sum_of_rates,
        rows=rows,
        metrics=metrics,
        loss=tuple(
            (int(figures.get("step", number)), figures["loss"])
            for number, figures in enumerate(history, start=1)
        ),
        curves=curves(history),
        seconds=round(time.monotonic() - run.started, 1),
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
    )


def _memory_gib(run: AnyRun) -> dict[str, float]:
    """What was estimated, by part, and what tensors took of the card at their peak."""
    import torch

    found = {**asdict(run.memory), "total": run.memory.total} if run.memory else {}
    if torch.cuda.is_available():
        found["peak"] = torch.cuda.max_memory_allocated()
    return {part: round(size / GIB, 3) for part, size in found.items()}


def curves(history: Sequence[Figures]) -> dict[str, tuple[Point, ...]]:
    """Figure to (step, value), at most POINTS of each, the last always among them."""
    points: dict[str, list[Point]] = {}
    for number, figures in enumerate(history, start=1):
        for name, value in figures.items():
            if name not in _LEFT_OUT and isinstance(value, int | float):
                points.setdefault(name, []).append((int(figures.get("step", number)), float(value)))
    return {name: _thinned(curve) for name, curve in points.items()}


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    every = -(-len(points) // POINTS)
    return tuple(points[::-1][::every][::-1])
