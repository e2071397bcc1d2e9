"""Row types of prompts: red_team_prompts and helpful_prompts."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import PROVENANCE, ChatMessage
from datasets_registry.rows.row import Row
from datasets_registry.rows.words import history


class Prompt(Row):
    """A prompt and its source."""

    key: ClassVar[tuple[str, ...]] = ("prompt_id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    prompt_id: str = Field(description="Hash of the prompt's text")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    category: str = Field(description="Harm category, or kind of task")
    split: Literal["train", "evaluation"] = Field(description="What the prompt may be used for")
    split_group: str = Field(description="Prompts of one group are never in both splits")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


class RedTeamPrompt(Prompt):
    """Prompts that invite a harmful answer."""

    dataset: ClassVar[str] = "red_team_prompts"
    grain: ClassVar[str] = "One row per red-team prompt: category, split, source and licence."


class HelpfulPrompt(Prompt):
    """Prompts that deserve a helpful answer."""

    dataset: ClassVar[str] = "helpful_prompts"
    grain: ClassVar[str] = "One row per helpful prompt: kind, split, source and licence."


PROMPT_SETS = (RedTeamPrompt.dataset, HelpfulPrompt.dataset)
