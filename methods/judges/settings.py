"""What a profile says of suites: how many items, how judges are asked, and what."""

from typing import Literal

from pydantic import Field

from datasets_registry.settings import Seed, Settings

QUESTION = "Which response is the better answer to the last message?"
AskedWay = Literal["begun probabilities", "begun text", "probabilities", "text", "schema"]


class ItemSelection(Settings):
    """How many items of each suite are taken; null takes all."""

    items: int | None = Field(None, ge=1, description="Items of each suite, evenly of its subsets")
    seed: Seed = 0
