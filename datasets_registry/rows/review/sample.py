"""Row type of review_sample: the pairs that people review, and how they were drawn."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row
from datasets_registry.rows.words import history

Confidence = Literal["unsure", "fairly sure", "sure", "undecided"]
ItemRole = Literal["sample", "duplicate", "gold"]


class ReviewItem(Row):
    """A pair that people review without its label."""

    dataset: ClassVar[str] = "review_sample"
    grain: ClassVar[str] = (
        "One row per pair to review: the question, both completions, the stratum that it was drawn from and"
        " with what probability."
    )
    key: ClassVar[tuple[str, ...]] = ("item_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    item_id: str = Field(description="Hash of the pair, the question, and whether it is asked again")
    pair_id: str = Field(description="The pair")
    role: ItemRole = Field(
        description="Drawn from the version, drawn and asked a second time, or a pair that people compared"
    )
    position: int = Field(description="Place in the order in which items are asked, from 0")
    question: str = Field(description="What is asked: the questions of the label's principles, one a line")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    completion_a: str = Field(description="One completion")
    completion_b: str = Field(description="The other completion")
    split_group: str = Field(description="Group of the prompt")
    principle_id: str | None = Field(
        description="Principle by which it was drawn, one of the label's; null where none counted"
    )
    confidence: Confidence = Field(description="How far the label's probability is from even; three bands")
    disagrees: bool = Field(description="Whether judges, or the two orders, name different completions")
    stratum: str = Field(description="What it was drawn from: principle, confidence and disagreement")
    stratum_pairs: int | None = Field(description="Pairs of the stratum; null for a gold item")
    inclusion: float | None = Field(
        description="Probability with which a pair of the stratum was drawn; null for a gold item"
    )
    label: Literal["a", "b", "tie", "unparsed"] = Field(description="The label; of a gold item people's own")
    p_a: float | None = Field(description="The label's probability that completion a is better")
    p_first: float | None = Field(
        description="Probability that the completion shown first is better, less the position bias"
    )

    @property
    def words(self) -> tuple[str, ...]:
        """The answers that a label can be."""
        return "a", "b"
