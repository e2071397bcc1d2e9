"""Row types of evaluation: evaluation_answers and evaluation."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Part, Row, ledger_key
from datasets_registry.rows.words import FinishReason, Kind, RefusalKind, history


class RuleKept(Part):
    """Whether an answer keeps a principle's rule."""

    principle_id: str = Field(description="The principle")
    kept: bool | None = Field(description="Whether the rule is kept; null where that cannot be decided")
    reason: str | None = Field(description="Why it cannot be decided")


class EvaluationAnswer(Row):
    """A model's answer to a held-out prompt, compared with the base policy's."""

    dataset: ClassVar[str] = "evaluation_answers"
    grain: ClassVar[str] = (
        "One row per model and held-out prompt: answer, refusal, and verdict against the base policy."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "prompt_id")
    label_columns: ClassVar[tuple[str, ...]] = ("verdict", "refusal", "judged_refusal")

    model: str = Field(description="Asset name of the model")
    prompt_id: str = Field(description="The held-out prompt")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="The answer")
    rules: list[RuleKept] = Field(description="Whether the answer keeps each rule of the constitution")
    finish_reason: FinishReason = Field(description="How the answer ended")
    num_tokens: int = Field(description="Length of the answer in tokens")
    refused: bool = Field(description="Whether it refuses all or a part, by its phrases")
    refusal: RefusalKind = Field(description="How far the answer refuses, by its phrases")
    refusal_sure: bool = Field(description="Whether phrases alone can tell; otherwise the judge is asked")
    judged_refusal: RefusalKind | None = Field(
        description="How far it refuses by the judge; null where phrases are sure or the call failed"
    )
    p_refused: float | None = Field(description="The judge's probability that it refuses all or a part")
    refusal_failure: str | None = Field(description="Why the judge that was asked said nothing")
    refusal_key: str | None = ledger_key("Ledger key of the call that asks how far it refuses")
    p_win: float | None = Field(
        description="Probability of a win against the base policy, mean of both orders"
    )
    verdict: Literal["win", "loss", "tie", "same", "unparsed"] | None = Field(
        description="The verdict that both orders agree on; null for the base policy itself"
    )
    completion_key: str = ledger_key("Ledger key of the answer")


class Metric(Row):
    """A figure of a model."""

    dataset: ClassVar[str] = "evaluation"
    grain: ClassVar[str] = "One row per model, prompt set and metric: value with its 95 % interval."
    key: ClassVar[tuple[str, ...]] = ("model", "kind", "metric")

    model: str = Field(description="Asset name of the model")
    kind: Kind = Field(description="Which prompt set")
    metric: str = Field(description="What is measured")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of answers")
