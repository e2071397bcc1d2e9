"""How a backend runs its engine: memory, batches, addresses. No part of any key or version."""

from pydantic import BaseModel, ConfigDict, Field


class EngineSettings(BaseModel):
    """Knobs of speed alone: a completion's distribution does not depend on them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(16, ge=1, description="Sequences decoded at once")
