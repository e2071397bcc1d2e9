"""Row type of pairs that reward models label: the best of a prompt's samples against the worst."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.scored.signals import SignalScore
from datasets_registry.rows.words import Kind, history


class RewardPair(Row):
    """The best and the worst sample of a prompt by reward models, or why there is no pair."""

    dataset: ClassVar[str] = "reward_pairs"
    grain: ClassVar[str] = (
        "One row per prompt: its best sample against its worst by reward models, or why there is no pair."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    policy: str = Field(description="Asset name of the model that wrote both")
    rule: str | None = Field(
        description="The rule that makes the reward of the signals' scores; null for a single signal"
    )
    label: Literal["a", "tie", "too_few"] = Field(
        description="`a` where a pair was made; `tie` where the best leads the worst by too little, `too_few`"
        " where fewer than two whole samples have a reward"
    )
    chosen: str | None = Field(description="The best sample; null without a pair")
    rejected: str | None = Field(description="The worst sample; null without a pair")
    reward_chosen: float | None = Field(description="Reward of the best sample")
    reward_rejected: float | None = Field(description="Reward of the worst sample")
    scores_chosen: list[SignalScore] = Field(description="Each signal's score of the best sample")
    scores_rejected: list[SignalScore] = Field(description="Each signal's score of the worst sample")
    conflicting: bool | None = Field(
        description="Whether two signals disagree on which sample is better; null without a pair"
    )
    num_samples: int = Field(description="Samples of the prompt")
    num_unusable: int = Field(description="Samples that failed, are empty or were cut, which make no pair")
    num_unscored: int = Field(description="Whole samples beyond a reward model's window, which make no pair")
    chosen_key: str | None = ledger_key("Ledger key of the best sample; null without a pair")
    rejected_key: str | None = ledger_key("Ledger key of the worst sample; null without a pair")
