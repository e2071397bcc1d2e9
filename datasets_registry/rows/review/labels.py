"""Row type of label_sample: single labels that people review, and how they were drawn."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.review.sample import ItemRole
from datasets_registry.rows.row import Row
from datasets_registry.rows.words import history

NO_WORD = "cannot_judge"


class LabelItem(Row):
    """A step, a revision or an answer that people review without its label."""

    dataset: ClassVar[str] = "label_sample"
    grain: ClassVar[str] = (
        "One row per label to review: the question, what is judged, what may be answered, the stratum that it"
        " was drawn from and with what probability."
    )
    key: ClassVar[tuple[str, ...]] = ("item_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    item_id: str = Field(description="Hash of subject, text and question, and whether it is asked again")
    pair_id: str = Field(description="What the label is of: a solution's step, a revision or an answer")
    kind: Literal["step", "revision", "answer"] = Field(description="What is judged")
    role: ItemRole = Field(description="Drawn from the version, or drawn and asked a second time")
    position: int = Field(description="Place in the order in which items are asked, from 0")
    question: str = Field(description="What is asked")
    prompt: str = Field(description="What the user says, or the problem")
    history: list[ChatMessage] = history()
    before: str = Field(description="What stands before the text, such as the steps so far")
    text: str = Field(description="What is judged")
    choices: list[str] = Field(description="What may be answered; the last says that nobody can tell")
    split_group: str = Field(description="Group of the prompt or problem")
    model: str | None = Field(description="Model whose answer is judged; null for steps and revisions")
    part: str = Field(description="Part of the dataset: measured or implied, the principle, or the suite")
    stratum: str = Field(description="What it was drawn from: model, part and label")
    stratum_labels: int = Field(description="Labels of the stratum")
    inclusion: float = Field(description="Probability with which a label of the stratum was drawn")
    label: str = Field(description="The label, one of the choices")

    @property
    def words(self) -> tuple[str, ...]:
        """The choices that a label can be."""
        return tuple(self.choices[:-1])
