"""The profile's `[review]`: which pairs people review, and whether models wait for them."""

from pydantic import Field

from assets.profile.models import Name
from quality.review.settings import RelabelSettings, ReviewGate, ReviewSelection


class Review(ReviewSelection, ReviewGate, RelabelSettings):
    """Which pairs people review, what their agreement must reach, and whether models wait for it."""

    gold_from: Name | None = Field(
        None, description="Imported comparisons of people, of which a few are asked; none if not set"
    )

    @property
    def selection(self) -> ReviewSelection:
        """How many pairs, of which strata."""
        return ReviewSelection(**self.model_dump(include=set(ReviewSelection.model_fields)))

    @property
    def gate(self) -> ReviewGate:
        """What the agreement must reach."""
        return ReviewGate(**self.model_dump(include=set(ReviewGate.model_fields)))

    @property
    def relabelling(self) -> RelabelSettings:
        """What becomes of pairs on which people disagree."""
        return RelabelSettings(disagreeing=self.disagreeing)
