"""The row type of a round's verdict: whether its policy is released, and which figures decided."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Part, Row

RoundVerdict = Literal[
    "go_on",
    "stop_collapse",
    "stop_tax",
    "stop_over_refusal",
    "stop_hacking",
    "stop_wrong_labels",
    "stop_no_pairs",
    "stop_no_gain",
]


class DecidingFigure(Part):
    """A figure of the watch that decided, with the bound that it broke."""

    figure: str = Field(description="What is measured")
    family: str = Field(description="Part of the items")
    value: float | None = Field(description="The figure of the round")
    baseline: float | None = Field(description="The same of round 0, or of what it is compared with")
    change: float | None = Field(description="What the bound holds of")
    low: float | None = Field(description="Lower end of the change's interval")
    high: float | None = Field(description="Upper end of the change's interval")
    bound: float | None = Field(description="The bound that is broken")


class Verdict(Row):
    """The verdict on a round."""

    dataset: ClassVar[str] = "verdict"
    grain: ClassVar[str] = (
        "One row per round: the verdict, the figures that decided, and the round whose weights are released."
    )
    key: ClassVar[tuple[str, ...]] = ("round",)
    label_columns: ClassVar[tuple[str, ...]] = ("verdict",)

    round: int = Field(description="The round, from 1")
    verdict: RoundVerdict = Field(description="Whether to go on, and otherwise why not")
    decided: list[DecidingFigure] = Field(description="The figures that decided; empty for `go_on`")
    why: str = Field(description="The verdict in words")
    warnings: list[str] = Field(description="Figures that warn or could not be measured, in words")
    stopped_in: int | None = Field(
        None, description="The round that stopped: this one or an earlier; null for `go_on`"
    )
    weights_round: int = Field(description="The round whose policy is released; 0 is the base of round 1")
