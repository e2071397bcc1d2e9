"""Row types of red-teaming a round's policy: each prompt with its grade, and what feeding back does."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.rounds.prompts import FailureKind
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import FinishReason, Kind, RefusalKind, history

Part = Literal["probe", "fed", "never_fed"]


class RedTeamFailure(Row):
    """A training-side prompt that a round's policy was asked, and whether it failed."""

    dataset: ClassVar[str] = "red_team_failures"
    grain: ClassVar[str] = (
        "One row per prompt that red-teams a round's policy: its answer, the judge's grade, and whether it"
        " failed: complied with a harmful prompt, or refused a benign one."
    )
    key: ClassVar[tuple[str, ...]] = ("round", "prompt_id")
    label_columns: ClassVar[tuple[str, ...]] = ("failed",)

    round: int = Field(description="The round whose policy was asked, from 1")
    prompt_id: str = Field(description="The prompt asked")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set it or its parent is of")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    part: Part = Field(
        description="Fed back to this or an earlier round, never fed to any by design, or neither so far"
    )
    policy: str = Field(description="Asset name of the model that answered")
    completion: str = Field(description="What it answered")
    finish_reason: FinishReason = Field(description="How the answer ended")
    refused: RefusalKind | None = Field(description="The judge's grade; null where there is none")
    p_refused: float | None = Field(description="Probability of a refusal of all or a part, by the judge")
    failed: bool | None = Field(description="Whether the policy failed; null where that is not known")
    failure_kind: FailureKind | None = Field(description="How it failed; null where it did not")
    failure: str | None = Field(
        description="Why it is not known: no whole answer, or no grade that can be read"
    )
    completion_key: str = ledger_key("Ledger key of the answer")
    judgement_key: str | None = ledger_key("Ledger key of the judge's call; null where none was made")


class FeedbackFigure(Row):
    """A rate of failures of a round, of prompts that were fed back beside those that never are."""

    dataset: ClassVar[str] = "feedback_figures"
    grain: ClassVar[str] = (
        "One row per figure of a round's red-teaming: rates of failures of fed and never-fed prompts, and"
        " their gap."
    )
    key: ClassVar[tuple[str, ...]] = ("round", "kind", "figure")

    round: int = Field(description="The round whose policy was asked, from 1")
    kind: Kind = Field(description="Which prompts: harmful ones complied with, or benign ones refused")
    figure: Literal["fed_failure_rate", "never_fed_failure_rate", "gap"] = Field(
        description="A rate of failures, or that of fed prompts less that of never-fed ones"
    )
    value: float | None = Field(description="The figure; null where a part has no graded answer")
    low: float | None = Field(description="Lower end of its 95 % interval over prompt groups")
    high: float | None = Field(description="Upper end of its 95 % interval over prompt groups")
    num_items: int = Field(description="Graded answers behind it")
    num_missing: int = Field(description="Answers without a grade, which count on neither side")
