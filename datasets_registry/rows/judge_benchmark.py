"""Row types of how judges are measured: items of public suites, a judge's answers, and the figures."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import PROVENANCE, ChatMessage
from datasets_registry.rows.row import Row, ledger_key

Suite = Literal["llmbar", "judgebench", "rm_bench", "reward_bench_2", "prmbench", "processbench", "people"]
ItemKind = Literal["pair", "styles", "best_of", "steps"]
JudgeKind = Literal["generative", "reward model", "process reward model", "content-blind"]
ShownFirst = Literal["right", "wrong", "neither"]
# the subset of figures over a whole suite
ALL = "all"


class JudgeItem(Row):
    """An item of a suite whose right judgement is known."""

    dataset: ClassVar[str] = "judge_items"
    grain: ClassVar[str] = (
        "One row per item of a suite: the responses with the right ones first, or a solution with its first"
        " wrong step; or why a row of the file is no item."
    )
    key: ClassVar[tuple[str, ...]] = ("item_id",)
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE
    label_columns: ClassVar[tuple[str, ...]] = ("num_right", "first_error", "failure")

    item_id: str = Field(description="Hash of the suite and the item's content; of its place after a failure")
    suite: Suite = Field(description="The public set, or `people` for comparisons that people made")
    subset: str = Field(description="Part of the suite, as its own column or file names it")
    kind: ItemKind = Field(
        description="A pair, styles of a right and of a wrong response, right ones among several, or steps"
    )
    cluster: str = Field(
        description="Hash of the conversation: items of one resemble each other and are drawn again together"
    )
    messages: list[ChatMessage] = Field(description="The conversation up to the responses; the problem")
    responses: list[str] = Field(description="The responses, right ones first; empty for a solution")
    num_right: int = Field(description="How many of the responses are right")
    steps: list[str] = Field(description="Steps of the solution; empty where responses are compared")
    first_error: int | None = Field(
        description="First wrong step, from 1; 0 where no step is wrong; null where responses are compared"
    )
    failure: str | None = Field(description="Why the row of the file is no item; it is asked of nobody")
    source: str = Field(description="Who made the suite, or who compared")
    licence: str = Field(description="SPDX identifier")


class JudgeAnswer(Row):
    """What a judge says of an item in one call."""

    dataset: ClassVar[str] = "judge_answers"
    grain: ClassVar[str] = (
        "One row per judge, way of asking and call: a right response beside a wrong one in one order, or a"
        " solution; with what the judge says, or why it says nothing."
    )
    key: ClassVar[tuple[str, ...]] = (
        "judge",
        "item_id",
        "asked",
        "right_response",
        "wrong_response",
        "shown_first",
    )
    label_columns: ClassVar[tuple[str, ...]] = ("chosen", "judged_first_error", "failure")

    judge: str = Field(description="Asset name of the judging model, or the name of a content-blind baseline")
    judge_kind: JudgeKind = Field(description="How it judges")
    item_id: str = Field(description="The item")
    suite: Suite = Field(description="Its suite")
    subset: str = Field(description="Its subset")
    kind: ItemKind = Field(description="Its kind")
    cluster: str = Field(description="Its cluster")
    asked: str = Field(description="How the judge was asked; empty for a score")
    usual: bool = Field(description="Whether it is asked so everywhere; other ways are only compared")
    right_response: int = Field(description="Place of the right response among the item's; 0 for a solution")
    wrong_response: int = Field(description="Place of the wrong response; 0 for a solution")
    num_right: int = Field(description="How many of the item's responses are right")
    shown_first: ShownFirst = Field(description="Which one was shown first; neither for a score or steps")
    p_right: float | None = Field(description="Probability of the right response; null without a verdict")
    chosen: Literal["right", "wrong", "even"] | None = Field(
        description="The response that is preferred; null for steps and after a failure"
    )
    first_error: int | None = Field(description="First wrong step of the item; null where it has responses")
    judged_first_error: int | None = Field(description="First wrong step as the judge says; 0 for none")
    failure: str | None = Field(description="Why there is no answer")
    answer_key: str | None = ledger_key("Ledger key of the call; null for a score")
    more_keys: list[str] = ledger_key("Ledger keys of further samples of the call, and of reasoning")


class BenchmarkFigure(Row):
    """A figure of a judge on a suite."""

    dataset: ClassVar[str] = "judge_benchmark"
    grain: ClassVar[str] = (
        "One row per judge, way of asking, suite, subset and metric: value and 95 % interval; beside judges"
        " content-blind baselines."
    )
    key: ClassVar[tuple[str, ...]] = ("judge", "asked", "suite", "subset", "metric")

    judge: str = Field(description="Asset name of the judging model, or the name of a content-blind baseline")
    judge_kind: JudgeKind = Field(description="How it judges")
    asked: str = Field(description="How the judge was asked; empty for a score")
    suite: Suite = Field(description="The suite")
    subset: str = Field(description="The subset; `all` for the whole suite")
    metric: str = Field(description="What is measured")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of calls, pairs or items")
    num_clusters: int = Field(description="Number of clusters, which the interval resamples")
