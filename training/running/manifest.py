"""The finished model: merged weights, tokenizer and a manifest that says what made it."""

import importlib.metadata
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.state import sync
from datasets_registry.version import Version
from generation.models.folder import fingerprint
from training.running import ranks
from training.running.run import AnyRun
from training.running.trainer import in_bfloat16
from training.running.weights import save_adapter, whole_model

POINTS = 200
# what is no figure of learning, and the loss, which is kept whole
_LEFT_OUT = {"epoch", "step", "loss", "learning_rate", "num_tokens", "num_input_tokens_seen", "step_time"}


def curves(history: Sequence[Mapping[str, float]]) -> dict[str, list[list[float]]]:
    """Figure to [step, value], at most POINTS of each, the last always among them."""
    found: dict[str, list[list[float]]] = {}
    for place, logged in enumerate(history):
        for name, value in logged.items():
            if name not in _LEFT_OUT and isinstance(value, int | float):
                found.setdefault(name, []).append([int(logged.get("step", place + 1)), float(value)])
    return {name: _thinned(points) for name, points in found.items()}


def _thinned(points: list[list[float]]) -> list[list[float]]:
    every = -(-len(points) // POINTS)
    return points[::-1][::every][::-1]


_LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate")


def save_merged(run: AnyRun, trainer: Any, tokenizer: Any) -> Path:
    """Save the trained model, an adapter both merged into the base and beside it, whole or not at all.

    Of several processes only the first returns.
    """
    model = whole_model(run, trainer)
    ranks.first_goes_on_alone()
    return save_model(run, model, tokenizer)


def save_model(run: AnyRun, model: Any, tokenizer: Any) -> Path:
    """The same of a model that no trainer holds; its weights are cast last of all."""
    import torch

    folder, temporary = run.config.output / "model", run.config.output / ".tmp-model"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    if run.settings.lora_rank is not None:
        model = save_adapter(run, model, temporary / "adapter")
    if in_bfloat16(run.settings):
        model = model.to(torch.bfloat16)
    model.save_pretrained(temporary)
    tokenizer.save_pretrained(temporary)
    return temporary


def finish(
    run: AnyRun,
    temporary: Path,
    history: Sequence[Mapping[str, float]],
    rows: Mapping[str, int],
    held_out: Mapping[str, float] | None = None,
) -> Path:
    """Write the manifest and put the model in place; returns its folder.

    ``history`` has the figures of each logged step. Those of held-out rows stand among the metrics as
    ``held_out_…``.
    """
    metrics = {name: value for name, value in history[-1].items() if name != "epoch"}
    metrics |= {f"held_out_{name}": value for name, value in (held_out or {}).items()}
    manifest = {
        "name": run.config.name,
        "trainer": run.trainer,
        "fingerprint": fingerprint(temporary),
        "base": _version(run.base),
        "datasets": {role: _version(one) for role, one in run.datasets.items()},
        "reward_models": [_version(one) for one in run.reward_models],
        "settings": run.settings.model_dump(mode="json"),
        "dtype": "bfloat16" if in_bfloat16(run.settings) else "float32",
        **_batches(run),
        "rows": dict(rows),
        "metrics": metrics,
        "loss": [[int(one.get("step", place + 1)), one["loss"]] for place, one in enumerate(history)],
        "curves": curves(history),
        "seconds": round(time.monotonic() - run.started, 1),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    (temporary / "manifest.json").write_text(json.dumps(manifest, indent=2))
    for path in temporary.iterdir():
        sync(path)
    folder = run.config.output / "model"
    temporary.rename(folder)
    sync(run.config.output)
    run.report(f"{run.config.name}: done in {manifest['seconds']} s, loss {history[-1]['loss']:.3f}")
    return folder


def _batches(run: AnyRun) -> dict[str, Any]:
    """What a device took at once, how often for a step, and how many rows that was on all devices."""
    one, launch = run.micro_batch, run.config.launch
    return {
        "micro_batch": one.size,
        "gradient_accumulation": one.accumulation,
        "processes": launch.processes,
        "strategy": launch.strategy if launch.several else None,
        "effective_batch": one.size * one.accumulation * launch.processes,
    }


def _version(version: Version) -> dict[str, Any]:
    return {"name": version.name, "number": version.number, "data_version": version.data_version}
