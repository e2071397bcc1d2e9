"""Row type of review_agreement: how far people agree with the labels, with each other and with themselves."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row

Subset = Literal[
    "all", "ties", "principle", "confidence", "disagreement", "reviewer", "label", "part", "answer"
]


class ReviewFigure(Row):
    """A figure of the reviews of one version."""

    dataset: ClassVar[str] = "review_agreement"
    grain: ClassVar[str] = (
        "One row per figure and subset of the reviewed pairs: value, 95 % interval, bound and what it says."
    )
    key: ClassVar[tuple[str, ...]] = ("figure", "subset", "part")
    label_columns: ClassVar[tuple[str, ...]] = ("holds", "flagged")

    figure: str = Field(description="What is measured")
    subset: Subset = Field(description="By what the pairs are divided; ties stand apart from all others")
    part: str = Field(description="Which part of them; empty where they are not divided")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of pairs or answers")
    at_least: float | None = Field(None, description="What the lower end must reach; null without a bound")
    holds: bool | None = Field(None, description="Whether it does; null without a bound")
    required: bool = Field(description="Whether models wait for it")
    flagged: bool = Field(False, description="Whether even the upper end is below the bound")
    says: str = Field("", description="What the figure can say and cannot, or what to do")
