"""The profile's `[review]`: which pairs people review, and whether models wait for them."""

from pydantic import Field

from assets.profile.models import Name
from quality.review.settings import ReviewSelection


class Review(ReviewSelection):
    """Which pairs people review, and the imported comparisons that show whether they attend."""

    gold_from: Name | None = Field(
        None, description="Imported comparisons of people, of which a few are asked; none if not set"
    )

    @property
    def selection(self) -> ReviewSelection:
        """How many pairs, of which strata."""
        return ReviewSelection(**self.model_dump(include=set(ReviewSelection.model_fields)))
