"""Row types of imported data: problems, answers (to learn, compared, judged), labelled steps; messages."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.conversation import Role, Tool, ToolCall
from datasets_registry.rows.row import Part, Row

PROVENANCE = ("source", "licence")


class ChatMessage(Part):
    """One turn of a conversation."""

    role: Role = Field(description="Who speaks")
    content: str = Field(description="What is said")
    reasoning: str | None = Field(
        None, description="What the assistant thought before it answered; null where nothing"
    )
    tool_calls: list[ToolCall] | None = Field(None, description="The tools that the assistant calls")
    tool_call_id: str | None = Field(None, description="The call that a tool answers")
    name: str | None = Field(None, description="Who of several speakers speaks, or which tool answers")
    trainable: bool | None = Field(None, description="Whether the turn is learned; null where not stated")


class Problem(Row):
    """A problem with a known answer."""

    dataset: ClassVar[str] = "problems"
    grain: ClassVar[str] = "One row per problem: gold answer and steps, difficulty, split, source, licence."
    key: ClassVar[tuple[str, ...]] = ("problem_id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    problem_id: str = Field(description="Hash of the prompt and the gold answer")
    prompt: str = Field(description="The problem's text")
    answer: str = Field(description="Gold answer, with which a verifier compares")
    solution: str | None = Field(description="Written solution; null where there is none")
    steps: list[str] = Field([], description="Steps of the solution; empty where they are not separate")
    family: str | None = Field(None, description="Kind of problem; null where its source does not say")
    difficulty: int | None = Field(
        None, description="Difficulty, such as the number of operands; null where not stated"
    )
    split: Literal["train", "evaluation"] = Field(description="What the problem may be used for")
    split_group: str = Field(description="Problems of one group are never in both splits")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


class HumanPreference(Row):
    """A preferred and a rejected answer to one conversation."""

    dataset: ClassVar[str] = "human_preferences"
    grain: ClassVar[str] = "One row per comparison: the conversation, the better and the worse answer."
    key: ClassVar[tuple[str, ...]] = ("pair_id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    pair_id: str = Field(description="Hash of the conversation and both answers")
    prompt: str = Field(description="Last turn of the user")
    messages: list[ChatMessage] = Field(description="The conversation up to the answers")
    tools: list[Tool] | None = Field(None, description="The tools that the assistant may call")
    chosen: str = Field(description="The better answer")
    rejected: str = Field(description="The worse answer")
    chosen_reasoning: str | None = Field(None, description="What was thought before the better answer")
    rejected_reasoning: str | None = Field(None, description="What was thought before the worse answer")
    chosen_tool_calls: list[ToolCall] | None = Field(
        None, description="The tools that the better answer calls"
    )
    rejected_tool_calls: list[ToolCall] | None = Field(
        None, description="The tools that the worse answer calls"
    )
    score_chosen: float | None = Field(description="Rating of the better answer, on its source's scale")
    score_rejected: float | None = Field(description="Rating of the worse answer, on the same scale")
    source: str = Field(description="Who compared them")
    licence: str = Field(description="SPDX identifier")


class Demonstration(Row):
    """A conversation and the answer to learn from it."""

    dataset: ClassVar[str] = "demonstrations"
    grain: ClassVar[str] = "One row per conversation: its turns and the last answer, which is to be learned."
    key: ClassVar[tuple[str, ...]] = ("id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    id: str = Field(description="Hash of the conversation and the answer")
    messages: list[ChatMessage] = Field(description="The conversation up to the answer")
    tools: list[Tool] | None = Field(None, description="The tools that the assistant may call")
    prompt: str = Field(description="Last turn of the user")
    completion: str = Field(description="The last answer; may be empty where it calls tools")
    reasoning: str | None = Field(
        None, description="What the assistant thought before the last answer; null where nothing"
    )
    tool_calls: list[ToolCall] | None = Field(None, description="The tools that the last answer calls")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


class UnpairedPreference(Row):
    """A conversation and an answer that is desirable or not."""

    dataset: ClassVar[str] = "unpaired_preferences"
    grain: ClassVar[str] = "One row per answer: the conversation, and whether the answer is desirable."
    key: ClassVar[tuple[str, ...]] = ("id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    id: str = Field(description="Hash of the conversation and the answer")
    messages: list[ChatMessage] = Field(description="The conversation up to the answer")
    tools: list[Tool] | None = Field(None, description="The tools that the assistant may call")
    prompt: str = Field(description="Last turn of the user")
    completion: str = Field(description="The answer; may be empty where it calls tools")
    reasoning: str | None = Field(
        None, description="What the assistant thought before the answer; null where nothing"
    )
    tool_calls: list[ToolCall] | None = Field(None, description="The tools that the answer calls")
    accepted: bool = Field(description="Whether the answer is desirable")
    source: str = Field(description="Who judged it")
    licence: str = Field(description="SPDX identifier")


class StepwiseSupervision(Row):
    """A solution in steps, each of which somebody labelled."""

    dataset: ClassVar[str] = "stepwise_supervision"
    grain: ClassVar[str] = "One row per solution: its steps, and for each whether it is right."
    key: ClassVar[tuple[str, ...]] = ("id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE
    label_columns: ClassVar[tuple[str, ...]] = ("labels",)

    id: str = Field(description="Hash of the problem and the steps")
    prompt: str = Field(description="The problem's text")
    answer: str | None = Field(None, description="Gold answer; null where its source does not say")
    completions: list[str] = Field(description="The steps, without their source's marks")
    separator: str = Field(description="The text between steps")
    labels: list[bool | None] = Field(description="Whether each step is right; null where nobody said")
    first_error: int | None = Field(
        None, description="First wrong step, from 1; 0 where no step is wrong; null where undecided"
    )
    family: str | None = Field(
        None, description="Kind of problem or error; null where its source does not say"
    )
    split_group: str = Field(description="Group of the problem")
    source: str = Field(description="Who labelled it")
    licence: str = Field(description="SPDX identifier")
