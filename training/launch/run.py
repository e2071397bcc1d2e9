"""The part of any trainer's run config that a launch reads, and where its machines meet."""

from pathlib import Path
from typing import Literal

from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from training.settings.launch import Launch


class LaunchedSettings(Settings, extra="ignore"):
    """The setting of any trainer that a launch reads."""

    dtype: Literal["auto", "float32", "bfloat16"] = "auto"


class LaunchedRun(Settings, extra="ignore"):
    """The part of any trainer's config that a launch reads; the trainer itself validates all of it."""

    name: str
    output: Path
    settings: LaunchedSettings
    launch: Launch = Launch()

    def meeting_at(self, address: str | None, port: int | None) -> Launch:
        """The launch with its machines meeting there, else where the config says.

        Raises BadInput where neither does.
        """
        where = {"main_address": address, "main_port": port}
        said = {name: value for name, value in where.items() if value is not None}
        launch = self.launch.model_copy(update=said)
        try:
            launch.require_meeting()
        except ValueError as error:
            raise BadInput(f"{self.name}: {error}; or give --main-address") from error
        return launch
