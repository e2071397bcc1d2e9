"""Row type of debates: a question under one protocol and seating, every turn, and the judge's verdict."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.oversight.questions import Side
from datasets_registry.rows.row import Part, Row, ledger_key

Protocol = Literal["naive", "consultancy", "open_consultancy", "direct", "self_consistency", "debate"]
Flaw = Literal["failed", "empty", "repeats", "leaks", "concedes"]


class Quote(Part):
    """What a debater quotes of the passage."""

    text: str = Field(description="The words between its marks")
    verified: bool = Field(description="Whether they stand in the passage, but for white space and marks")


class Turn(Part):
    """What one side says in one round; of worked solutions its step at the first difference."""

    round: int = Field(description="Which round, from 1")
    side: Side = Field(description="The answer that it argues for")
    argument: str = Field(description="What it says, cut to the limit of words")
    quotes: list[Quote] = Field(description="Its quotes, as code found them before the judge read it")
    num_words: int = Field(description="Words of the argument")
    truncated: bool = Field(description="Whether it was cut")
    flaw: Flaw | None = Field(description="Why no verdict is taken of what was said; null where it is")
    num_drawn: int = Field(description="Arguments drawn, of which the best by a preference model was taken")
    score: float | None = Field(description="What the preference model gives it; null where none chose")
    completion_key: str | None = ledger_key("Ledger key of the argument or the solution")


class Debate(Row):
    """A question judged under a protocol in one seating."""

    dataset: ClassVar[str] = "debates"
    grain: ClassVar[str] = (
        "One row per question, protocol, sides that argued and seating: turns, and the judge's verdict."
    )
    key: ClassVar[tuple[str, ...]] = ("question_id", "protocol", "argued", "swap")
    label_columns: ClassVar[tuple[str, ...]] = ("verdict",)

    question_id: str = Field(description="The question")
    protocol: Protocol = Field(description="What the judge sees, and who argues")
    argued: Literal["both", "a", "b", "none"] = Field(description="The answers that somebody argued for")
    swap: bool = Field(description="Whether answer b takes the first seat")
    kind: Literal["passage", "chains"] = Field(description="A hidden passage, or two worked solutions")
    debater: str | None = Field(description="Asset name of the model that argued; null where nobody did")
    judge: str = Field(description="Asset name of the judge")
    turns: list[Turn] = Field(description="What was said, in order; empty where nobody argued")
    p_a: float | None = Field(description="The judge's probability that answer a is right")
    p_first: float | None = Field(description="The same of the answer in the first seat")
    verdict: Literal["a", "b", "tie"] | None = Field(description="The likelier answer; null without a label")
    gold: Side = Field(description="Which answer is right")
    credit: float | None = Field(
        description="1 where the verdict is gold, one half for a tie, else 0; null without a verdict"
    )
    failure: str | None = Field(description="Why there is no label")
    num_samples: int = Field(description="Replies of the judge that were counted; 1 where it was asked once")
    num_quotes: int = Field(description="Quotes in all turns")
    num_unverified: int = Field(description="Quotes that do not stand in the passage")
    num_tokens: int = Field(description="Tokens that debaters and judge wrote or scored, thought included")
    num_debater_tokens: int = Field(description="Tokens of these that debaters or a policy wrote")
    num_read: int = Field(description="Tokens of the prompts that they read")
    judge_keys: list[str] = ledger_key("Ledger keys of the judge's calls")
