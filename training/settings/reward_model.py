"""Settings of outcome reward models."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.words import Signal
from training.settings.learning import MeasuredSettings


class RewardSettings(MeasuredSettings):
    """An outcome reward model.

    With a ``signal`` pairs are labelled by its probability alone, so that harmlessness and helpfulness get a
    model each (Touvron et al. 2023, section 3.2.2). With ``margins`` the chosen score must lead by the
    judge's log-odds, 3 at most (same section). ``centring`` weighs the square of both scores' sum, which
    keeps them about zero (Eisenstein et al. 2023, equation 2): 0.01 is usual.
    """

    sequences: ClassVar[int] = 2

    signal: Signal | None = Field(None, description="Label pairs by this signal alone")
    margins: bool = Field(False, description="Ask for a margin that grows with the judge's confidence")
    centring: float = Field(0.0, ge=0, description="Weight of the pull of scores towards zero")
