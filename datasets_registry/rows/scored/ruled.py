"""Row types of selections by rules: completions to learn that keep all of them, and their control."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import Kind, history


class RuleSelection(Row):
    """A completion to learn that keeps every rule of the constitution."""

    dataset: ClassVar[str] = "rule_selections"
    grain: ClassVar[str] = (
        "One row per training prompt of which a whole sample keeps every rule: that sample."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id",)

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="The completion to learn")
    kept: list[str] = Field(description="Principles whose rules it keeps")
    num_rules: int = Field(description="How many rules there are")
    num_whole: int = Field(description="Samples of the prompt that were not cut off, empty or failed")
    policy: str = Field(description="Asset name of the model that wrote it")
    sample: int = Field(description="Which sample, from 0")
    num_tokens: int = Field(description="Length of the completion in tokens")
    completion_key: str = ledger_key("Ledger key of the completion")


class RuleControl(RuleSelection):
    """A completion that was drawn without a look at the rules."""

    dataset: ClassVar[str] = "rule_controls"
    grain: ClassVar[str] = (
        "One row per training prompt of the control, as many as are selected: a whole sample by chance."
    )
