"""The finished model: merged weights, tokenizer and a manifest that says what made it."""

import importlib.metadata
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.state import sync
from generation.model_folder import fingerprint
from training.run import Run

_LIBRARIES = ("torch", "transformers", "trl", "peft")


def save_merged(run: Run, trainer: Any, tokenizer: Any) -> Path:
    """Save the trained model, an adapter both merged into the base and beside it, whole or not at all."""
    folder, temporary = run.config.output / "model", run.config.output / ".tmp-model"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    model = trainer.accelerator.unwrap_model(trainer.model)
    if run.settings.lora_rank is not None:
        model.save_pretrained(temporary / "adapter")
        _forget_local_paths(temporary / "adapter")
        model = model.merge_and_unload(safe_merge=True)
    model.save_pretrained(temporary)
    tokenizer.save_pretrained(temporary)
    return temporary


def _forget_local_paths(adapter: Path) -> None:
    """The base is named by its version in the manifest, not by where it lay."""
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": None}
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    (adapter / "README.md").unlink(missing_ok=True)


def finish(
    run: Run, temporary: Path, history: Sequence[Mapping[str, float]], rows: Mapping[str, int],
    held_out: Mapping[str, float] | None = None,
) -> Path:  # fmt: skip
    """Write the manifest and put the model in place; returns its folder.

    Figures of held-out rows stand among the metrics as ``held_out_…``.
    """
    metrics = {name: value for name, value in history[-1].items() if name != "epoch"}
    metrics |= {f"held_out_{name}": value for name, value in (held_out or {}).items()}
    manifest = {
        "name": run.config.name,
        "fingerprint": fingerprint(temporary),
        "base": _version(run.base),
        "datasets": {"train": _version(run.dataset)},
        "settings": run.settings.model_dump(mode="json"),
        "rows": dict(rows),
        "metrics": metrics,
        "loss": [[int(one.get("step", place + 1)), one["loss"]] for place, one in enumerate(history)],
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


def _version(version: Any) -> dict[str, Any]:
    return {"name": version.name, "number": version.number, "data_version": version.data_version}
