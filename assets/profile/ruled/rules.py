"""The profile's `[rules]`: whose samples are selected by the rules of the constitution."""

from pydantic import Field

from assets.profile.models import Name
from datasets_registry.settings import Settings


class Rules(Settings):
    """Samples of ``policy`` that keep every rule of the constitution, for a model to learn."""

    policy: Name = Field(description="The model that is sampled, as `[answers]` says")
    num_samples: int = Field(4, ge=2, le=64, description="Samples of each training prompt")
    control: bool = Field(
        False,
        description="Whether there is `rule_controls` too: as many samples, drawn without a look at the "
        "rules",
    )
