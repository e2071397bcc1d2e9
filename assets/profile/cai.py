"""The profile's `[cai]`: whose answers are criticised and revised, how often, and the SFT mix."""

from typing import Literal

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.settings import Settings
from methods.cai.sft_mix import MixSettings


class Mix(MixSettings):
    """The shares of the SFT set; ``capability`` names an imported dataset of demonstrations."""

    capability: Name | None = None

    @model_validator(mode="after")
    def _capability_has_its_share(self) -> "Mix":
        if (self.capability is None) != (self.capability_share == 0):
            raise ValueError("capability and capability_share go together: name a dataset and its share")
        return self

    @property
    def method(self) -> MixSettings:
        """The settings of the method."""
        return MixSettings(**self.model_dump(include=set(MixSettings.model_fields)))


class Cai(Settings):
    """How often answers are revised, after how many worked examples, and how long a critique may be.

    ``num_controls`` helpful prompts are revised too, to see whether good answers are left alone.
    """

    policy: Name = Field(description="Whose answers are revised")
    num_revisions: int = Field(2, ge=1, le=4)
    num_examples: int = Field(0, ge=0)
    num_controls: int = Field(0, ge=0)
    ablation: Literal["none", "no_critique"] = "none"
    critique_max_tokens: int = Field(256, ge=1)
    mix: Mix = Mix()
