"""The profile's `[launch]` and `[tracking]`: how training runs start, report and are saved."""

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
        """The command that starts the trainer ``module``."""
        started = ["training.launch", module] if self.several else [module]
        return [sys.executable, "-m", *started, "--config", str(config)]

    def further_commands(self, module: str, config: Path) -> list[str]:
        """The commands to run on each further machine, which has this checkout and the state folder."""
        command = " ".join(["python", *self.command(module, config)[1:]])
        return [f"{command} --machine-rank {rank}" for rank in range(1, self.machines)]


class Tracking(Settings):
    """Where a run reports its metrics, besides the UI, and how often it is saved.

    A tracker reads its address and key from its own environment variables. No part of a model's version.
    """

    report_to: tuple[str, ...] = Field((), description="Trackers, such as trackio, wandb or mlflow")
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints")

    @property
    def config(self) -> dict[str, Any]:
        """These settings as fields of a run's config."""
        return self.model_dump(mode="json")
