"""Row type of human_reviews: every answer of every reviewer, of which the newest of an item counts."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.review.sample import ItemRole
from datasets_registry.rows.row import Row

Choice = Literal[
    "a",
    "b",
    "equal",
    "both_bad",
    "cannot_judge",
    "right",
    "wrong",
    "harmless",
    "harmful",
    "answered",
    "refused",
]
Slot = Literal["a", "b"]


class HumanReview(Row):
    """A person's answer about one pair or label."""

    dataset: ClassVar[str] = "human_reviews"
    grain: ClassVar[str] = (
        "One row per answer of a reviewer, in the order in which they came: the newest of an item counts."
    )
    key: ClassVar[tuple[str, ...]] = ("number",)
    label_columns: ClassVar[tuple[str, ...]] = ("choice", "state")

    number: int = Field(description="Place among all answers that were ever given, from 0")
    item_id: str = Field(description="The item of review_sample or label_sample")
    pair_id: str = Field(description="Its pair, or what the label is of")
    role: ItemRole = Field(description="Why the item was asked")
    reviewer: str = Field(description="The reviewer's name, as they gave it")
    choice: Choice = Field(description="The better completion or the right label, or why none is named")
    shown_left: Slot = Field(description="The completion that stood on the left; a where only one text did")
    note: str = Field(description="What the reviewer wrote beside it")
    seconds: float | None = Field(description="How long the item was looked at; null where not measured")
    answered_at: str = Field(description="When, in UTC")
    sample: str = Field(description="The version of the sample that was open")
    state: Literal["counts", "replaced", "withdrawn"] = Field(
        description="Whether the answer counts, was followed by another, or was taken back"
    )
