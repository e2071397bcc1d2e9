"""Row type of preferences by the verdicts of debates."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.oversight.debates import Protocol
from datasets_registry.rows.oversight.questions import Side
from datasets_registry.rows.row import Row


class OversightPreference(Row):
    """Two opposed answers with the label that the judge gave after a debate."""

    dataset: ClassVar[str] = "oversight_preferences"
    grain: ClassVar[str] = (
        "One row per question: soft label over seatings; chosen and rejected unless tied or void."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    pair_id: str = Field(description="Hash of the question and the protocol")
    question_id: str = Field(description="The question")
    problem_id: str | None = Field(description="The problem solved; null for a passage")
    prompt: str = Field(description="What is asked, without the passage")
    kind: Literal["passage", "chains"] = Field(description="A hidden passage, or two worked solutions")
    split_group: str = Field(description="Group of the passage or problem")
    protocol: Protocol = Field(description="The protocol whose verdicts label")
    judge: str = Field(description="Asset name of the judge")
    p_a: float | None = Field(description="Probability that answer a is right, mean of all seatings")
    seats_agree: bool | None = Field(
        description="Whether all seatings have one verdict, and that no tie; null where a verdict is missing"
    )
    num_unverified: int = Field(description="Quotes of all seatings that do not stand in the passage")
    gold: Side = Field(description="Which answer is right")
    agrees: bool | None = Field(description="Whether the label is gold; null without a label")
    label: Literal["a", "b", "tie", "unparsed", "unjudged"] = Field(
        description="The answer that all seatings agree on; `unjudged` where a debate is void, `unparsed` "
        "where the judge gave no verdict"
    )
    failure: str | None = Field(description="Why there is no label")
    chosen: str | None = Field(description="The answer that won; null without a label")
    rejected: str | None = Field(description="The answer that lost; null without a label")
