"""The profile's `[launch]`, `[tracking]` and `[card]`: how training runs start, are saved, and on what."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from datasets_registry.settings import Settings
from training.settings.launch import Launch
from training.settings.trackers import Trackers


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

    report_to: Trackers = Field((), description="Trackers, such as trackio, wandb or mlflow")
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints")

    @property
    def config(self) -> dict[str, Any]:
        """These settings as fields of a run's config."""
        return self.model_dump(mode="json")


class Card(Settings):
    """A card by its data sheet, and which shares of that programs reach; no part of any version.

    Its memory is the profile's ``card_gb``. ``make check-gpu`` measures the shares on a card.
    """

    number: int = Field(1, ge=1, description="Cards of a machine")
    tflops: float = Field(gt=0, description="Peak of bfloat16 without sparsity, in 1e12 operations a second")
    bandwidth_gb: float = Field(gt=0, description="Peak of the memory's bandwidth, in 1e9 bytes a second")
    training_share: float = Field(
        0.35, gt=0, le=1, description="Of the peak, what training reaches, activations made again among it"
    )
    prefill_share: float = Field(0.4, gt=0, le=1, description="Of the peak, what reading prompts reaches")
    decoding_share: float = Field(
        0.5, gt=0, le=1, description="Of the bandwidth, what writing tokens reaches"
    )
    step_ms: float = Field(40, gt=0, description="The least time of a token by transformers, for all rows")
    start_seconds: float = Field(75, ge=0, description="Time until an engine of vLLM is ready")
    disk_gb: float = Field(1, gt=0, description="What the disk reads and writes, in 1e9 bytes a second")
