"""A trainer's run on the random base: its config, its process, and what it left."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gpu_check.part import Bench, PartFailed
from benchmarks.gpu_check.rows import DATASETS
from benchmarks.gpu_check.watched import FILE, Watched
from datasets_registry.manifest import Manifest
from datasets_registry.rows.rft import VerifiedPair
from datasets_registry.state import REPOSITORY
from training.trainers import TRAINERS

ONLINE = ("grpo", "rloo", "ppo")


@dataclass(frozen=True)
class Trained:
    """A run that ended well."""

    folder: Path
    manifest: Manifest
    watched: Watched | None

    @property
    def adapter(self) -> Path:
        """The folder of its adapter."""
        return next(self.folder.rglob("adapter_config.json")).parent


def train(
    bench: Bench,
    trainer: str,
    *,
    run: str,
    launch: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Trained:
    """Run ``trainer`` as ``python -m training.X`` does, or under the launcher.

    Raises PartFailed with the line that it ended with.
    """
    folder = bench.folder / "runs" / run
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "run.json"
    path.write_text(
        json.dumps(_config(bench, trainer, folder, settings or {}) | ({"launch": launch} if launch else {}))
    )
    starter = "training.launch" if launch else "benchmarks.gpu_check.watched"
    command = [sys.executable, "-m", starter, TRAINERS[trainer].module, "--config", str(path)]
    ended = subprocess.run(command, cwd=REPOSITORY, env=bench.environment, capture_output=True, text=True)
    # the part's log keeps all of it
    print(ended.stdout, ended.stderr, sep="\n")
    if ended.returncode:
        raise PartFailed(f"{trainer}: {_cause(folder, ended.stderr)}")
    watched = folder / FILE
    seen = Watched.model_validate_json(watched.read_text()) if watched.exists() else None
    return Trained(folder, Manifest.read(folder / "model"), seen)


def _config(bench: Bench, trainer: str, folder: Path, settings: Mapping[str, object]) -> dict[str, object]:
    size = bench.size
    more: dict[str, object] = {"batch_size": size.batch_size}
    if trainer in ONLINE:
        more = {
            "batch_size": 2 * size.batch_size,
            "num_draws": 2 if trainer == "ppo" else 4,
            "max_completion_length": size.new_tokens,
            "rewards": {"verifier": 0.0, "reward_models": 1.0},
        }
    reward_models = {"reward_models": ["reward_model@1"]} if trainer in ONLINE else {}
    return {
        "name": trainer,
        "base": "base_policy@1",
        "dataset": f"{DATASETS.get(trainer, VerifiedPair).dataset}@1",
        "output": str(folder),
        "settings": {
            "learning_rate": size.learning_rate,
            "max_steps": size.steps,
            "max_length": bench.size.length + size.new_tokens + 64,
            "dtype": "bfloat16",
            **more,
            **settings,
        },
        **reward_models,
    }


def _cause(folder: Path, said: str) -> str:
    """The line that the run left, or the last one that it wrote."""
    error = folder / "error.txt"
    if error.exists():
        return error.read_text().strip()
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:400] if lines else "it said nothing"
