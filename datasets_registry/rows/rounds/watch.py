"""The row type of a round's watch: its figures beside those of round 0."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row

# what a figure is watched for; those that decide a stop are named in quality/rounds/verdict.py
Concern = Literal[
    "capability",
    "over_refusal",
    "safety",
    "length",
    "diversity",
    "entropy",
    "training",
    "divergence",
    "yield",
    "labels",
    "canary",
    "reward",
    "gain",
]
Outcome = Literal["ok", "warn", "stop", "unmeasured"]
# what the bounds hold of: value less baseline, value by baseline less 1, or the value itself
Scale = Literal["difference", "relative", "value"]


class RoundWatch(Row):
    """A figure of a round's policy."""

    dataset: ClassVar[str] = "round_watch"
    grain: ClassVar[str] = (
        "One row per round, figure and family: value, baseline, change with its interval, bounds and outcome."
    )
    key: ClassVar[tuple[str, ...]] = ("round", "figure", "family")
    label_columns: ClassVar[tuple[str, ...]] = ("outcome",)

    round: int = Field(description="The round, from 1")
    figure: str = Field(description="What is measured")
    family: str = Field("all", description="Part of the items, such as a family of capability or a suite")
    concern: Concern = Field(description="What the figure is watched for")
    scale: Scale = Field(
        description="What has the bounds: `difference` is value less baseline, `relative` that by baseline, "
        "`value` the value itself"
    )
    value: float | None = Field(description="The figure of the round; null where nothing could be measured")
    baseline: float | None = Field(description="The same of what it is compared with; null without one")
    change: float | None = Field(description="What the bounds hold of, on the scale of this row")
    low: float | None = Field(None, description="Lower end of the change's interval")
    high: float | None = Field(None, description="Upper end of the change's interval")
    level: float | None = Field(
        None, description="Level of the interval: the chance that this round may spend sets it"
    )
    num_items: int = Field(0, description="Number of answers, pairs or prompts that it is of")
    warn_below: float | None = Field(None, description="A lower change warns")
    warn_above: float | None = Field(None, description="A higher change warns")
    stop_below: float | None = Field(None, description="A lower change is a sign to stop")
    stop_above: float | None = Field(None, description="A higher change is a sign to stop")
    by: Literal["point", "interval"] | None = Field(
        None, description="Whether the change or its whole interval must lie beyond the bound to stop"
    )
    outcome: Outcome = Field(description="What the bounds say; a figure without bounds is `ok`")
    note: str = Field(description="Why the outcome is what it is")
