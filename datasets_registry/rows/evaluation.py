"""Row types of evaluation: items of suites, a model's answers, figures, and differences from a baseline."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import PROVENANCE, ChatMessage
from datasets_registry.rows.row import Part, Row, ledger_key
from datasets_registry.rows.words import FinishReason

Better = Literal["higher", "lower", "neither"]
# a figure of all categories, and one that several suites make together
ALL, COMPOSITE = "all", "composite"


class EvaluationItem(Row):
    """What a suite asks: a conversation up to its first answer, and what the user says after each answer."""

    dataset: ClassVar[str] = "evaluation_items"
    grain: ClassVar[str] = (
        "One row per suite, item and variant: the conversation, later turns of the user, choices and gold; or"
        " why a row of a file is no item."
    )
    key: ClassVar[tuple[str, ...]] = ("suite", "item_id", "variant")
    provenance: ClassVar[tuple[str, ...]] = PROVENANCE

    suite: str = Field(description="The suite")
    item_id: str = Field(description="Hash of the item's content, which its variants share")
    variant: str = Field(description="Which form of the item; `plain` where there is one")
    cluster: str = Field(description="Items that resemble each other, which are drawn again together")
    category: str = Field(description="Part of the suite")
    messages: list[ChatMessage] = Field(description="The conversation up to the first answer")
    follow_ups: list[str] = Field([], description="What the user says after each answer; empty for one turn")
    choices: list[str] = Field([], description="Answers to choose from; empty where the answer is free")
    gold: list[str] = Field([], description="Right answers; empty where none is right or wrong")
    reference: str | None = Field(None, description="An answer that the judge is shown as a reference")
    failure: str | None = Field(None, description="Why the row of a file is no item; it is asked of nobody")
    source: str = Field(description="Who made the item")
    licence: str = Field(description="SPDX identifier")


class AnswerTurn(Part):
    """One answer in a conversation."""

    prompt: str = Field(description="What the user says before it")
    completion: str = Field(description="The answer")
    finish_reason: FinishReason = Field(description="How the answer ended")
    num_tokens: int = Field(description="Length of the answer in tokens")
    completion_key: str = ledger_key("Ledger key of the answer")


class ChoiceLikelihood(Part):
    """How likely a model finds one of the choices as its answer."""

    choice: str = Field(description="The choice")
    logprob: float | None = Field(description="Log probability of its tokens; null where the call failed")
    num_tokens: int | None = Field(description="Its tokens")
    completion_key: str = ledger_key("Ledger key of the call")


class Grade(Part):
    """What a program or a judge says of an answer."""

    name: str = Field(description="What is graded")
    value: float | None = Field(description="The grade as a number; null where there is none")
    word: str | None = Field(None, description="The grade as a word; null where it is a number alone")
    failure: str | None = Field(None, description="Why there is no grade")
    keys: list[str] = ledger_key("Ledger keys of the judge's calls; empty where a program grades", [])


class SuiteAnswer(Row):
    """A model's answers in the conversation of one item, with their grades."""

    dataset: ClassVar[str] = "evaluation_answers"
    grain: ClassVar[str] = (
        "One row per model, suite, item, variant and sample: every turn, likelihoods of choices, and grades."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "suite", "item_id", "variant", "sample")
    label_columns: ClassVar[tuple[str, ...]] = ("failure",)

    model: str = Field(description="Asset name of the model, or `canary` with the name of a constant answer")
    suite: str = Field(description="The suite")
    item_id: str = Field(description="The item")
    variant: str = Field(description="Its variant")
    sample: int = Field(description="Which sample, from 0")
    cluster: str = Field(description="The item's cluster")
    category: str = Field(description="The item's part of the suite")
    turns: list[AnswerTurn] = Field(description="The answers, first to last; empty where choices are scored")
    likelihoods: list[ChoiceLikelihood] = Field([], description="The choices, where their likelihood decides")
    grades: list[Grade] = Field([], description="What programs and the judge say of it")
    failure: str | None = Field(None, description="Why it is missing: an error, an empty or a truncated turn")


class SuiteFigure(Row):
    """A figure of a model."""

    dataset: ClassVar[str] = "evaluation"
    grain: ClassVar[str] = "One row per model, suite, category and metric: value with its 95 % interval."
    key: ClassVar[tuple[str, ...]] = ("model", "suite", "category", "metric")
    stands_for_all: ClassVar[Mapping[str, str]] = {"suite": COMPOSITE, "category": ALL}

    model: str = Field(description="Asset name of the model")
    suite: str = Field(description="The suite; `composite` for what several make together")
    category: str = Field(ALL, description="Part of the suite; `all` for the whole")
    metric: str = Field(description="What is measured")
    better: Better = Field("neither", description="Which way is better")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of answers that it is of")
    num_clusters: int = Field(0, description="Number of clusters, which the interval resamples")
    num_missing: int = Field(
        0, description="Answers or grades that it lacks, each with its reason in its row"
    )
    note: str | None = Field(
        None, description="Why there is no value, or what to mind: missing answers, a canary"
    )


class EvaluationDifference(Row):
    """A figure of a model less the baseline's, on the items that both answered."""

    dataset: ClassVar[str] = "evaluation_differences"
    grain: ClassVar[str] = (
        "One row per model, suite, category and metric: the difference from the baseline, paired by item."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "baseline", "suite", "category", "metric")
    stands_for_all: ClassVar[Mapping[str, str]] = {"suite": COMPOSITE, "category": ALL}

    model: str = Field(description="Asset name of the model")
    baseline: str = Field(description="Asset name of the model that it is compared with")
    suite: str = Field(description="The suite")
    category: str = Field(description="Part of the suite; `all` for the whole")
    metric: str = Field(description="What is measured")
    better: Better = Field(description="Which way is better")
    difference: float | None = Field(description="The model's figure less the baseline's; null without one")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    p_value: float | None = Field(description="How often chance alone differs as much")
    p_holm: float | None = Field(description="The same, corrected for all figures of the model (Holm 1979)")
    num_pairs: int = Field(description="Answers of the model that have their pair")
    num_clusters: int = Field(description="Number of clusters, which the interval resamples")


class GateResult(Row):
    """Whether a model keeps the bound of a gate."""

    dataset: ClassVar[str] = "gate_results"
    grain: ClassVar[str] = (
        "One row per model and gate: the figure, its interval, the bound, and the decision."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "gate")
    label_columns: ClassVar[tuple[str, ...]] = ("passed",)

    model: str = Field(description="Asset name of the model")
    gate: str = Field(description="Name of the gate in the profile")
    suite: str = Field(description="The suite")
    category: str = Field(description="Part of the suite; `all` for the whole")
    metric: str = Field(description="What is bounded")
    against: str | None = Field(description="The baseline of a difference; null where the figure is bounded")
    value: float | None = Field(description="The figure or difference; null where there is none")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Number of answers that it is of")
    at_least: float | None = Field(description="The least that it may be; null without such a bound")
    at_most: float | None = Field(description="The most that it may be; null without such a bound")
    by: Literal["interval", "value"] = Field(description="Which of the two keeps the bound")
    passed: bool = Field(description="Whether the bound is kept")
    why: str | None = Field(description="Why it does not pass; null where it does")
