"""The profile's `[evaluation]`: which models are compared on held-out prompts, and with which."""

from pydantic import Field

from assets.profile.models import Name
from datasets_registry.settings import Settings


class Evaluation(Settings):
    """``models`` are compared with ``base`` by ``judge``, under one principle for each kind of prompt."""

    models: tuple[Name, ...] = Field(min_length=1)
    base: Name
    judge: Name
    red_team: str = Field(description="The principle that compares answers to red-team prompts")
    helpful: str = Field(description="The principle that compares answers to helpful prompts")
