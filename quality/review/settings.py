"""How many pairs people review, which of them, and what their agreement with the labels must reach."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from datasets_registry.settings import Seed, Settings

# asked where no principle says what is compared, and of pairs that people compared
GENERAL_QUESTION = "Which of these two responses is better?"


class ReviewSelection(Settings):
    """How many pairs are reviewed and from which strata; a larger number keeps the pairs of a smaller one."""

    number: int = Field(100, ge=1, description="Pairs to review, ties and unparsed ones among them")
    per_principle: int = Field(
        5, ge=1, description="Pairs of each principle at least, where there are so many"
    )
    tie_share: float = Field(0.1, ge=0, le=0.5, description="Share of the pairs drawn from ties and unparsed")
    more: Mapping[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="Further pairs of a principle, by its id"
    )
    duplicates: int = Field(5, ge=0, description="Pairs that are asked a second time")
    gold: int = Field(5, ge=0, description="Pairs that people compared before, which show attention")
    seed: Seed = 0


class SampleSettings(ReviewSelection):
    """The selection, and the question of each principle by id."""

    questions: Mapping[str, str] = {}


class ReviewGate(Settings):
    """What the agreement of people with the labels must reach, by how many reviewed pairs."""

    required: bool = Field(False, description="Whether models wait until it has passed")
    reviewed: int = Field(100, ge=1, description="Reviewed pairs, or all of a smaller sample")
    at_least: float = Field(0.65, gt=0, lt=1, description="What the interval's lower end must reach")


class RelabelSettings(Settings):
    """What becomes of a pair on which most of its reviewers name another side than the label."""

    disagreeing: Literal["people", "left_out"] = Field(
        "people", description="It takes people's label, or has none and is not learned"
    )


class LabelSelection(Settings):
    """How many single labels are reviewed; a larger number keeps those of a smaller one."""

    number: int = Field(100, ge=1, description="Labels to review")
    per_stratum: int = Field(
        5, ge=1, description="Of each model, part and label at least, where that fits into the number"
    )
    duplicates: int = Field(5, ge=0, description="Labels that are asked a second time")
    seed: Seed = 0


class RevisionSelection(LabelSelection):
    """The selection, and what each principle asks of a critique, by id."""

    principles: Mapping[str, str] = {}


class ReviewedSettings(Settings):
    """The model with which answers are compared."""

    baseline: str


class ComparisonSelection(LabelSelection):
    """The selection, the model with which answers are compared, and each suite's question."""

    baseline: str
    questions: Mapping[str, str] = {}
