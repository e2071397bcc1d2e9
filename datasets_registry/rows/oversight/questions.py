"""Row types of what is debated: passages with questions, and questions with two opposed answers."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import PROVENANCE
from datasets_registry.rows.row import Row, ledger_key

Side = Literal["a", "b"]


class PassageQuestion(Row):
    """A question on a passage, whose answer stands in one of its sentences."""

    dataset: ClassVar[str] = "passages"
    grain: ClassVar[str] = (
        "One row per question on a short passage: right and wrong answer, and the sentence that decides."
    )
    key: ClassVar[tuple[str, ...]] = ("question_id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    question_id: str = Field(description="Hash of the passage, the question and both answers")
    passage: str = Field(description="The text that holds the answer")
    prompt: str = Field(description="The question")
    right_answer: str = Field(description="The right answer")
    wrong_answer: str = Field(description="A wrong answer, which does not follow from the passage")
    sentence: str = Field(description="The sentence of the passage that holds the right answer")
    split_group: str = Field(description="Group of the passage: its questions stay together")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


class OversightQuestion(Row):
    """A question with two opposed answers, of which a judge has to find the right one."""

    dataset: ClassVar[str] = "oversight_questions"
    grain: ClassVar[str] = (
        "One row per question with two opposed answers: of a passage, or two worked solutions of a problem."
    )
    key: ClassVar[tuple[str, ...]] = ("question_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("gold",)

    question_id: str = Field(description="Hash of the question and both answers")
    kind: Literal["passage", "chains"] = Field(
        description="A question on a hidden passage, or two worked solutions that end differently"
    )
    prompt: str = Field(description="What is asked, without the passage")
    passage: str | None = Field(description="The text that holds the answer; null for worked solutions")
    sentence: str | None = Field(description="The sentence that decides; null for worked solutions")
    answer_a: str = Field(description="One answer: of worked solutions the whole text")
    answer_b: str = Field(description="The other answer")
    end_a: str | None = Field(description="The final answer of solution a; null for a passage")
    end_b: str | None = Field(description="The final answer of solution b; null for a passage")
    gold: Side = Field(description="Which answer is right; a hash decides the side")
    problem_id: str | None = Field(description="The problem solved; null for a passage")
    policy: str | None = Field(description="Asset name of the model that solved it; null for a passage")
    num_tokens: int | None = Field(description="Tokens of both solutions; null for a passage")
    split_group: str = Field(description="Group of the passage or problem")
    key_a: str | None = ledger_key("Ledger key of solution a; null for a passage")
    key_b: str | None = ledger_key("Ledger key of solution b; null for a passage")
