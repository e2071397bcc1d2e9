"""The profile's `[rebuild]`: when the daemon rebuilds, and for how many hours a day."""

from typing import Literal

from pydantic import Field

from datasets_registry.settings import Settings


class Rebuild(Settings):
    """When the daemon rebuilds, how long its runs may take in a day, and how often it looks."""

    when: Literal["manual", "data", "automatic"] = Field(
        "manual", description="Never, on new versions of inputs, or also on new code, settings and prompts"
    )
    max_hours_a_day: float | None = Field(
        None, ge=0, description="Hours of automatic runs in a day (UTC) after which none is started"
    )
    every_seconds: int = Field(30, ge=1, description="Seconds between two looks for new versions")
