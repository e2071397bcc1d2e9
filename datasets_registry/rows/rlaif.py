"""Row types of RLAIF: completion_pairs, ai_judgements and preference_pairs."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Part, Row, ledger_key
from datasets_registry.rows.words import FinishReason, Kind, Signal, Way, history


class CompletionPair(Row):
    """Two samples for one prompt."""

    dataset: ClassVar[str] = "completion_pairs"
    grain: ClassVar[str] = (
        "One row per pair: two samples of the SFT policy for one prompt, or why they are not a pair."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id",)

    pair_id: str = Field(description="Hash of the prompt and both completions")
    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion_a: str = Field(description="One sample")
    completion_b: str = Field(description="Another sample")
    sample_a: int = Field(description="Which sample a is, from 0")
    sample_b: int = Field(description="Which sample b is, from 0")
    finish_reason_a: FinishReason = Field(description="How a ended")
    finish_reason_b: FinishReason = Field(description="How b ended")
    thinks_a: bool | None = Field(None, description="Whether a was thought over; null where not recorded")
    thinks_b: bool | None = Field(None, description="Whether b was thought over; null where not recorded")
    score_a: float | None = Field(
        description="Judge's score of a, 1 to 10; null where pairs are not chosen by score"
    )
    score_b: float | None = Field(
        description="Judge's score of b, 1 to 10; null where pairs are not chosen by score"
    )
    failure: str | None = Field(description="Why the pair is not judged")
    key_a: str = ledger_key("Ledger key of a")
    key_b: str = ledger_key("Ledger key of b")


class AiJudgement(Row):
    """One verdict of the judge."""

    dataset: ClassVar[str] = "ai_judgements"
    grain: ClassVar[str] = (
        "One row per pair, order, principle and judge: the raw choice probabilities or reply."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id", "order", "principle_id", "judge")
    label_columns: ClassVar[tuple[str, ...]] = ("verdict",)

    pair_id: str = Field(description="The pair judged")
    order: Literal["ab", "ba", "aa", "bb"] = Field(
        description="Which completions were shown first and second; the same one twice measures position bias"
    )
    principle_id: str = Field(description="Principle drawn for the pair")
    judge: str = Field(description="Asset name of the judging model; `rule` where a rule decides")
    signal: Signal = Field(description="What the principle asks about")
    asked: Way = Field(
        description="How the judge was asked: in a turn that was begun for it or its own, for probabilities, "
        "a text or an object of a schema; or that a rule decides"
    )
    p_first: float | None = Field(
        description="Probability that the first is better, normalised over the choices; of a verdict in "
        "words the share of its replies"
    )
    outside_probability: float | None = Field(
        description="Probability of any other answer than the choices; of a verdict in words the share of "
        "replies that choose nothing"
    )
    num_first: int | None = Field(description="Replies that choose the first; null where none were counted")
    num_second: int | None = Field(description="Replies that choose the second; null where none were counted")
    p_low: float | None = Field(description="Lower end of the 95 % interval of a share of replies")
    p_high: float | None = Field(description="Upper end of the 95 % interval of a share of replies")
    verdict: Literal["first", "second", "even"] | None = Field(description="The more probable choice")
    failure: str | None = Field(description="Why there is no verdict")
    raw: str | None = Field(description="The judge's reply, where it answers in words")
    reasoning: str | None = Field(
        description="The judge's reasoning before its verdict; null unless asked for"
    )
    judgement_key: str | None = ledger_key("Ledger key of the judge call; null for a rule, which needs none")
    sample_keys: list[str] = ledger_key("Ledger keys of further samples of it")
    reasoning_key: str | None = ledger_key("Ledger key of the reasoning")


class SignalShare(Part):
    """How probable it is by one signal that completion a is better."""

    signal: str = Field(description="What its principles ask about")
    p_a: float = Field(description="Probability that completion a is better, mean of both orders")


class PreferencePair(Row):
    """A pair with its label."""

    dataset: ClassVar[str] = "preference_pairs"
    grain: ClassVar[str] = (
        "One row per pair: soft label over orders, principles and judges; chosen and rejected unless tied."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    pair_id: str = Field(description="The pair")
    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    principle_id: str | None = Field(description="Principle of the verdicts; null if none or several")
    principles: list[str] = Field(description="Principles of the verdicts that counted")
    p_a: float | None = Field(description="Probability that completion a is better, mean of both orders")
    p_harmlessness: float | None = Field(description="The same, by principles of harmlessness only")
    p_helpfulness: float | None = Field(description="The same, by principles of helpfulness only")
    p_honesty: float | None = Field(description="The same, by principles of honesty only")
    p_signals: list[SignalShare] = Field(description="The same, by each signal of the principles")
    logit_ab: float | None = Field(description="Logit for a where it is shown first, less the position bias")
    logit_ba: float | None = Field(description="Logit for a where it is shown second, less the position bias")
    num_unparsed: int = Field(description="Principles and judges left out because a verdict is missing")
    judge_spread: float | None = Field(description="Range of p_a over several judges")
    judges_disagree: bool | None = Field(
        description="Whether judges by themselves would choose different completions"
    )
    label: Literal["a", "b", "tie", "unparsed", "unjudged"] = Field(
        description="The label that both orders agree on"
    )
    failure: str | None = Field(description="Why there is no label")
    chosen: str | None = Field(description="The better completion; null without a label")
    rejected: str | None = Field(description="The worse completion; null without a label")
