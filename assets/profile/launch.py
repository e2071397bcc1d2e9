"""The profile's `[launch]`, `[tracking]` and `[card]`: how training runs start, are saved, and on what."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.rows.conversation import json_object
from datasets_registry.settings import Settings
from training.settings.launch import Launch
from training.settings.trackers import Trackers

# the tag by which a run asks a Ray cluster for resources
RAY_TAG = "dagster-ray/config"


class LaunchSection(Launch):
    """Where trainers run and how, and what the daemon's runs need of a cluster."""

    on: Literal["here", "ray"] = Field(
        "here",
        description="`here`: trainers are processes beside the run; `ray`: jobs of the cluster at "
        "RAY_ADDRESS, each of which asks for its GPUs, or for CPUs where there are none",
    )
    elastic: bool = Field(
        False, description="ray: the cluster adds nodes by itself, so that a trainer waits for one to come"
    )
    tags: Mapping[str, Any] = Field(default={}, description="Tags of the runs that the daemon asks for")

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.on == "here":
            self.require_meeting()
        config = self.tags.get(RAY_TAG)
        # Dagster's tags are texts, and a profile may write this one so
        config = json_object(config) if isinstance(config, str) else config
        if self.on == "ray" and isinstance(config, Mapping) and config.get("num_gpus"):
            raise ValueError(
                f"tags.{RAY_TAG!r}.num_gpus: a run would hold {config['num_gpus']} GPUs for which its own "
                "trainers and engines wait: leave num_gpus out, as these ask for theirs"
            )
        return self

    def command(self, module: str, config: Path) -> list[str]:
        """The command that starts the trainer ``module``, on all machines where a cluster has them."""
        machines = self.on == "ray" and self.machines > 1
        launcher = "training.launch.machines" if machines else "training.launch"
        started = [launcher, module] if self.several else [module]
        return [sys.executable, "-m", *started, "--config", str(config)]

    def further_commands(self, module: str, config: Path) -> list[str]:
        """The commands to run by hand on each further machine, which has this checkout and the state."""
        if self.on == "ray":
            return []
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
