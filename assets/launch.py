"""The profile's `[launch]`: in how many processes models are trained, and where Dagster starts them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from training.launch_settings import Launch


class LaunchSection(Launch):
    """How trainers run, and the tags of all model assets, such as a GPU's resources for Kubernetes or Ray."""

    tags: Mapping[str, Any] = Field(default={}, description="Dagster's op tags of model assets")

    def command(self, module: str, config: Path) -> list[str]:
        """What starts the trainer ``module``."""
        started = ["training.launch", module] if self.several else [module]
        return [sys.executable, "-m", *started, "--config", str(config)]

    def elsewhere(self, module: str, config: Path) -> list[str]:
        """What a person starts on each further machine, which has this checkout and the state folder."""
        command = " ".join(["python", *self.command(module, config)[1:]])
        return [f"{command} --machine-rank {rank}" for rank in range(1, self.machines)]
