"""How training runs are kept and followed: nothing here is part of a model's version."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from datasets_registry.settings import Settings
from training.settings.launch import Launch


class LaunchSection(Launch):
    """How trainers run, and what the daemon's runs need of a cluster, such as GPUs of Kubernetes or Ray."""

    tags: Mapping[str, Any] = Field(default={}, description="Tags of the runs that the daemon asks for")

    def command(self, module: str, config: Path) -> list[str]:
        """What starts the trainer ``module``."""
        started = ["training.launch", module] if self.several else [module]
        return [sys.executable, "-m", *started, "--config", str(config)]

    def elsewhere(self, module: str, config: Path) -> list[str]:
        """What a person starts on each further machine, which has this checkout and the state folder."""
        command = " ".join(["python", *self.command(module, config)[1:]])
        return [f"{command} --machine-rank {rank}" for rank in range(1, self.machines)]


class Tracking(Settings):
    """Where a run reports its figures, besides the UI, and how often it is saved.

    A tracker finds its address and key in its own environment variables.
    """

    report_to: tuple[str, ...] = Field((), description="Trackers, such as trackio, wandb or mlflow")
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints")

    @property
    def config(self) -> dict[str, Any]:
        """What a run's config says of it."""
        return self.model_dump(mode="json")
