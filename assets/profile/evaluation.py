"""The profile's `[evaluation]`: which models are compared on held-out prompts, and with which."""

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.settings import Settings


class Evaluation(Settings):
    """``models`` are compared with ``base`` by ``judge``, under one principle for each kind of prompt."""

    models: tuple[Name, ...] = Field(min_length=1)
    base: Name
    judge: Name
    red_team: str = Field(description="The principle that compares answers to red-team prompts")
    helpful: str = Field(description="The principle that compares answers to helpful prompts")

    @model_validator(mode="after")
    def _each_once(self) -> "Evaluation":
        compared = [*self.models, self.base]
        if twice := next((name for name in compared if compared.count(name) > 1), None):
            raise ValueError(f"{twice!r} is named twice among models and base: name each model once")
        return self
