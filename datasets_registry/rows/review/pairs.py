"""Row type of reviewed_pairs: preference pairs with what people say of them."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.rlaif import PreferencePair


class ReviewedPair(PreferencePair):
    """A pair whose label is the judge's or people's."""

    dataset: ClassVar[str] = "reviewed_pairs"
    grain: ClassVar[str] = (
        "One row per preference pair: its label, which is people's where they name another side or leaves."
    )
    label_columns: ClassVar[tuple[str, ...]] = ("label", "label_source")

    label_source: Literal["ai", "human"] = Field(description="Whose label it is, or who took it away")
    ai_label: Literal["a", "b", "tie", "unparsed", "unjudged"] = Field(description="The judge's label")
    num_reviewers: int = Field(description="People who named a side")
