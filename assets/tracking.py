"""How training runs are kept and followed: nothing here is part of a model's version."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Tracking(BaseModel):
    """Where a run reports its figures, besides the UI, and how often it is saved.

    A tracker finds its address and key in its own environment variables.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    report_to: tuple[str, ...] = Field((), description="Trackers, such as trackio, wandb or mlflow")
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints")

    @property
    def told(self) -> dict[str, Any]:
        """What a run's config says of it."""
        return self.model_dump(mode="json")
