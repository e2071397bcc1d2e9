"""Row types of Constitutional AI: cai_revisions, helpful_answers and cai_sft."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import FinishReason, Kind, history


class RevisionStep(Row):
    """One critique and revision under one principle."""

    dataset: ClassVar[str] = "cai_revisions"
    grain: ClassVar[str] = "One row per revision of a prompt: principle, critique, revision, scores."
    key: ClassVar[tuple[str, ...]] = ("prompt_id", "step")
    label_columns: ClassVar[tuple[str, ...]] = ("changed", "failure")

    prompt_id: str = Field(description="The prompt answered")
    step: int = Field(description="1 for the first revision")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(
        description="Which prompt set; helpful prompts are controls, and nothing is trained on them"
    )
    category: str = Field(description="Harm category")
    split_group: str = Field(description="Group of the prompt")
    principle_id: str = Field(description="Principle drawn for this revision")
    draft: str = Field(description="Response before this revision")
    critique: str | None = Field(
        description="What the model found wrong; null after a failure or where skipped"
    )
    revision: str | None = Field(description="Response after this revision; null after a failure")
    changed: bool | None = Field(description="Whether the revision differs from the draft")
    edit_distance: int | None = Field(
        description="Characters to insert, delete or replace (Levenshtein distance)"
    )
    few_shot_ids: list[str] = Field(description="Worked examples in the prompt, in this order")
    draft_harmlessness: float | None = Field(description="Judge's score of the draft, 1 to 10")
    draft_helpfulness: float | None = Field(description="Judge's score of the draft, 1 to 10")
    harmlessness: float | None = Field(description="Judge's score of the revision, 1 to 10")
    helpfulness: float | None = Field(description="Judge's score of the revision, 1 to 10")
    finish_reason: FinishReason | None = Field(description="How the revision ended")
    failure: str | None = Field(description="Why nothing must be trained on the revision")
    draft_key: str = ledger_key("Ledger key of the draft")
    critique_key: str | None = ledger_key("Ledger key of the critique")
    revision_key: str | None = ledger_key("Ledger key of the revision")
    harmlessness_key: str | None = ledger_key("Ledger key of the revision's harmlessness score")
    helpfulness_key: str | None = ledger_key("Ledger key of the revision's helpfulness score")


class HelpfulAnswer(Row):
    """An answer to a helpful prompt."""

    dataset: ClassVar[str] = "helpful_answers"
    grain: ClassVar[str] = (
        "One row per helpful training prompt: the base policy's answer, or why there is none."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id",)

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    category: str = Field(description="Kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="The answer")
    finish_reason: FinishReason = Field(description="How the answer ended")
    failure: str | None = Field(description="Why nothing must be trained on the answer")
    completion_key: str = ledger_key("Ledger key of the answer")


class SftExample(Row):
    """A prompt and the completion to learn."""

    dataset: ClassVar[str] = "cai_sft"
    grain: ClassVar[str] = (
        "One row per training example: a revision, a helpful answer or a capability example."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id", "step")

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    completion: str = Field(description="The answer to learn")
    kind: Literal["revision", "helpful", "capability"] = Field(description="Where the completion comes from")
    step: int = Field(description="Number of the revision, from 1; 0 for other completions")
    num_tokens: int = Field(description="Length of the completion in the base policy's tokens")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion_key: str | None = ledger_key("Ledger key of the completion; null where a person wrote it")
