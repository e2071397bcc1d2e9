"""The one way in which settings are declared: frozen, and closed to names that are not theirs."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """What a person decides before anything runs; its dump is part of what is made with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
