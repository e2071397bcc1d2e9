"""Row types of what a round asks: its prompts of both kinds, and its problems."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.row import ledger_key
from datasets_registry.rows.words import Kind

FailureKind = Literal["complied", "refused"]


class RoundPrompt(Prompt):
    """A prompt that a round's policy is asked."""

    dataset: ClassVar[str] = "round_prompts"
    grain: ClassVar[str] = (
        "One row per prompt of a round: of its slice, or a failure of an earlier round that is fed back."
    )

    kind: Kind = Field(description="Which prompt set it or its parent is of")
    round: int = Field(description="The round that asks it, from 1")
    origin: Literal["slice", "same", "failure", "variant"] = Field(
        description="Of the round's own slice, of the set of every round, fed back, or a variant of one fed"
    )
    from_round: int | None = Field(None, description="Round in which it, or its parent, failed last")
    failure_kind: FailureKind | None = Field(
        None,
        description="How it, or its parent, failed: complied with a harmful prompt, refused a benign one",
    )
    parent_id: str | None = Field(None, description="The prompt that a variant rewords; null for others")
    variant_key: str | None = ledger_key("Ledger key of the variant; null for others", None)


class RoundProblem(Problem):
    """A problem that a round's policy is asked."""

    dataset: ClassVar[str] = "round_problems"
    grain: ClassVar[str] = "One row per problem of a round."

    round: int = Field(description="The round that asks it, from 1")
