"""Row types of mixtures of datasets: examples to learn, and pairs."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.conversation import Tool, ToolCall
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.rlaif import SignalShare
from datasets_registry.rows.row import Row


class MixedRow(Row):
    """What rows of both kinds of mixture share."""

    key: ClassVar[tuple[str, ...]] = ("row_id",)

    row_id: str = Field(description="Hash of the source and the row's content")
    source: str = Field(description="The dataset that the row comes from")
    prompt: str = Field(description="Last turn of the user")
    messages: list[ChatMessage] = Field(description="The conversation up to what is learned")
    tools: list[Tool] | None = Field(None, description="The tools that the assistant may call")
    split_group: str = Field(description="Group of the prompt, by its source; else the prompt itself")
    num_tokens: int | None = Field(
        description="Length of what is learned in the policy's tokens; null where shares are of rows"
    )


class MixedExample(MixedRow):
    """A conversation and the completion to learn, out of one of several datasets."""

    dataset: ClassVar[str] = "sft_mixture"
    grain: ClassVar[str] = "One row per example of a mixture: its source, its conversation, its completion."

    completion: str = Field(description="The completion to learn")
    reasoning: str | None = Field(None, description="What was thought before it; null where nothing")
    tool_calls: list[ToolCall] | None = Field(None, description="The tools that it calls")


class MixedPair(MixedRow):
    """Two completions, one of which is better, out of one of several datasets."""

    dataset: ClassVar[str] = "pair_mixture"
    grain: ClassVar[str] = "One row per pair of a mixture: its source, its conversation, both completions."
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    chosen: str = Field(description="The better completion")
    rejected: str = Field(description="The worse completion")
    chosen_reasoning: str | None = Field(None, description="What was thought before the better one")
    rejected_reasoning: str | None = Field(None, description="What was thought before the worse one")
    chosen_tool_calls: list[ToolCall] | None = Field(None, description="The tools that the better one calls")
    rejected_tool_calls: list[ToolCall] | None = Field(None, description="The tools that the worse one calls")
    label: Literal["a", "b"] = Field(
        description="Which completion its source prefers; `a` where the source names the better one alone"
    )
    p_a: float | None = Field(
        description="Probability that completion a is better; null where its source has none"
    )
    p_harmlessness: float | None = Field(description="The same, by harmlessness only")
    p_helpfulness: float | None = Field(description="The same, by helpfulness only")
    p_honesty: float | None = Field(description="The same, by honesty only")
    p_signals: list[SignalShare] = Field(description="The same, by each signal of its source")
