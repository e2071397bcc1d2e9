"""The profile's `[mixtures.NAME]`: datasets whose rows are mixed in stated shares."""

from collections.abc import Iterable, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.rows.types import ROW_TYPES
from methods.mixtures.mixture import MixtureSettings


class Mixture(MixtureSettings):
    """The sources with their shares, how much of all, and whether rows are examples or pairs.

    ``kind`` is that of the sources that are made here; it must be given where all of them are imported.
    ``policy`` counts tokens where shares are of tokens.
    """

    kind: Literal["examples", "pairs"] | None = None
    policy: Name | None = Field(None, description="The model whose tokens are counted")

    @property
    def method(self) -> MixtureSettings:
        """The settings of the method."""
        return MixtureSettings(
            **self.model_dump(include=set(MixtureSettings.model_fields) - {"system_prompts"})
        )

    @model_validator(mode="after")
    def _system_prompts_follow_from_its_parts(self) -> Self:
        if "system_prompts" in self.model_fields_set:
            raise ValueError("system_prompts are those that its parts were sampled under: leave it out")
        return self

    @model_validator(mode="after")
    def _counts_in_a_models_tokens(self) -> Self:
        if (self.tokens is None) != (self.policy is None):
            raise ValueError(
                "tokens and policy, whose tokens are counted, go together: give both, or neither"
            )
        return self


def require_mixtures(mixtures: Mapping[str, Mixture], models: Iterable[str]) -> None:
    """Raise ValueError where a mixture has the name of something else, or mixes what is no dataset."""
    taken = set(models)
    for mixture, section in mixtures.items():
        if mixture in taken or mixture in ROW_TYPES:
            what = "model" if mixture in taken else "dataset"
            raise ValueError(f"mixtures.{mixture}: a {what} has this name: choose another")
        for part in section.parts:
            if part in taken or part in mixtures:
                what = "model" if part in taken else "mixture"
                raise ValueError(f"mixtures.{mixture}.parts.{part} is a {what}: name a dataset that is made")
