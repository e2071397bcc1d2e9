"""The profile's `[review]`: which pairs people review, and whether models wait for them."""

from collections.abc import Collection, Mapping

from pydantic import Field

from assets.profile.models import Name
from quality.review.settings import LabelSelection, RelabelSettings, ReviewGate, ReviewSelection


class Review(ReviewSelection, ReviewGate, RelabelSettings):
    """Which pairs and labels people review, what agreement must reach, and whether models wait for it."""

    gold_from: Name | None = Field(
        None, description="Imported comparisons of people, of which a few are asked; none if not set"
    )

    steps: LabelSelection | None = Field(None, description="Labels of steps to review; none if not set")
    revisions: LabelSelection | None = Field(None, description="Revisions to review; none if not set")
    answers: LabelSelection | None = Field(None, description="Evaluation answers to review; none if not set")
    comparisons: LabelSelection | None = Field(
        None, description="Comparisons with the evaluation's baseline to review; none if not set"
    )

    @property
    def of_labels(self) -> Mapping[str, str]:
        """The sections of single labels that are set, each with the part of the profile that it needs."""
        needed = {"steps": "prm", "revisions": "cai", "answers": "evaluation", "comparisons": "evaluation"}
        return {name: part for name, part in needed.items() if getattr(self, name) is not None}

    def require(self, built: Collection[str], *, judged: bool) -> None:
        """Raise ValueError where it names what the profile does not build; ``judged`` is its evaluation."""
        if "rlaif" not in built and not self.of_labels:
            raise ValueError("[review] needs [rlaif]: add it, or leave [review] out")
        for name, part in self.of_labels.items():
            if part not in built:
                raise ValueError(f"[review.{name}] needs [{part}]: add it, or leave [review.{name}] out")
        if self.comparisons and not judged:
            raise ValueError("[review.comparisons] needs comparisons of a judge: name evaluation.judge")

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
