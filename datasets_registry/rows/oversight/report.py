"""Row type of oversight_report: figures of protocols, judges, debaters and amplified policies."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row

Role = Literal["judge", "debater", "policy"]
Subject = Literal["passage", "chains", "problem"]


class OversightFigure(Row):
    """A figure of a judge, a debater or a policy."""

    dataset: ClassVar[str] = "oversight_report"
    grain: ClassVar[str] = (
        "One row per figure, of whom and part: value, 95 % interval, bounds, and what it says by name."
    )
    key: ClassVar[tuple[str, ...]] = ("figure", "kind", "role", "of", "part")
    label_columns: ClassVar[tuple[str, ...]] = ("flagged",)

    figure: str = Field(description="What is measured")
    kind: Subject = Field(description="Of hidden passages, of worked solutions, or of problems")
    role: Role = Field(description="What the named one did")
    of: str = Field(description="Asset name of the judge, debater or policy that it is of")
    part: str = Field(description="Protocol, difference, opponent, size or reason; empty of all")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of questions, quotes, turns or debates")
    num_groups: int = Field(description="Groups of questions, over which the interval varies")
    num_missing: int = Field(
        description="Seatings or questions without a verdict, which are not in the value; of a policy "
        "problems without an answer, which count as not right"
    )
    at_least: float | None = Field(description="Lower bound of the figure; null without one")
    at_most: float | None = Field(description="Upper bound of the figure; null without one")
    flagged: bool = Field(description="Whether the whole interval lies outside the bounds")
    says: str = Field(description="What it says in words, by name")
