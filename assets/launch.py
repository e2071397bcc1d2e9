"""The profile's `[launch]`: in how many processes models are trained, and what a cluster is told."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

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
