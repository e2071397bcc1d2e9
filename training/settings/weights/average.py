"""Settings of averages of models."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, JsonValue, model_serializer, model_validator

from training.settings.learning import TrainingSettings


class AverageSettings(TrainingSettings):
    """The mean of the base's weights and other models' (Wortsman et al. 2022), weight by weight.

    ``shares`` are those of the other models, by name; the base has the rest. Nothing is learned, so that no
    other setting is one.
    """

    learns: ClassVar[bool] = False

    lora_rank: int | None = None
    max_length: int = 8
    shares: Mapping[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default={}, description="Share of each other model; the base has the rest"
    )

    @property
    def content(self) -> dict[str, JsonValue]:
        """The shares."""
        return {"shares": dict(self.shares)}

    @property
    def further_models(self) -> tuple[str, ...]:
        """The other models."""
        return tuple(self.shares)

    @property
    def rest(self) -> float:
        """The share of the base."""
        return 1 - math.fsum(self.shares.values())

    def rows_at_once(self, processes: int) -> int:
        """No rows are read; one of the processes works."""
        return 1

    @model_serializer
    def _shares_alone(self) -> dict[str, JsonValue]:
        return self.content

    @model_validator(mode="after")
    def _are_shares(self) -> Self:
        others = sorted(self.model_fields_set - {"shares"})
        if others:
            raise ValueError(f"an average learns nothing, so that {others[0]} changes nothing: leave it out")
        if self.rest <= 0:
            raise ValueError(
                f"shares sum up to {1 - self.rest:g} and leave the base nothing: it has the rest to 1"
            )
        return self
