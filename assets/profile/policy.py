"""A model that is given: where it comes from, and how its backend runs."""

from pydantic import Field

from datasets_registry.settings import Settings
from generation.engine import EngineSettings
from generation.spending import Price


class Policy(Settings):
    """A model that is given, such as the base policy or a judge of its own, and how its backend runs."""

    model: str = Field(min_length=1)
    backend: str = "transformers"
    engine: EngineSettings = EngineSettings()
    price: Price = Price()
