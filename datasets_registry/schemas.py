"""One row type per dataset; columns are TRL's where TRL has them."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from datasets_registry.imported_schemas import ChatMessage
from datasets_registry.row import Row, ledger_key

# Logits closer to zero than this are no verdict: batches of another shape move them by as much
TIE_LOGIT = 0.01

FinishReason = Literal["stop", "length", "choice", "error"]
Kind = Literal["red_team", "helpful"]
Signal = Literal["harmlessness", "helpfulness", "honesty"]


def _history() -> Any:
    return Field([], description="Turns before the prompt; empty in a conversation of one turn")


class Prompt(Row):
    """A prompt and where it came from."""

    key: ClassVar[tuple[str, ...]] = ("prompt_id",)

    prompt_id: str = Field(description="Hash of the prompt's text")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    category: str = Field(description="Harm category, or kind of task")
    split: Literal["train", "evaluation"] = Field(description="What the prompt may be used for")
    split_group: str = Field(description="Prompts of one group never stand in both splits")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


class RedTeamPrompt(Prompt):
    """Prompts that invite a harmful answer."""

    dataset: ClassVar[str] = "red_team_prompts"
    grain: ClassVar[str] = "One row per red-team prompt: category, split, source and licence."


class HelpfulPrompt(Prompt):
    """Prompts that deserve a helpful answer."""

    dataset: ClassVar[str] = "helpful_prompts"
    grain: ClassVar[str] = "One row per helpful prompt: kind, split, source and licence."


class RevisionStep(Row):
    """One critique and revision under one principle."""

    dataset: ClassVar[str] = "cai_revisions"
    grain: ClassVar[str] = "One row per revision step of a prompt: principle, critique, revision, scores."
    key: ClassVar[tuple[str, ...]] = ("prompt_id", "step")
    label_columns: ClassVar[tuple[str, ...]] = ("changed", "failure")

    prompt_id: str = Field(description="The prompt answered")
    step: int = Field(description="1 for the first revision")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    kind: Kind = Field(description="Which prompt set; helpful prompts are controls and train nothing")
    category: str = Field(description="Harm category")
    split_group: str = Field(description="Group of the prompt")
    principle_id: str = Field(description="Principle drawn for this step")
    draft: str = Field(description="Response before this step")
    critique: str | None = Field(
        description="What the model found wrong; null after a failure or where skipped"
    )
    revision: str | None = Field(description="Response after this step; null after a failure")
    changed: bool | None = Field(description="Whether the revision differs from the draft")
    edit_distance: int | None = Field(description="Letters to insert, delete or replace (Levenshtein)")
    few_shot_ids: list[str] = Field(description="Worked examples shown before, in this order")
    draft_harmlessness: float | None = Field(description="Judge's score of the draft, 1 to 10")
    draft_helpfulness: float | None = Field(description="Judge's score of the draft, 1 to 10")
    harmlessness: float | None = Field(description="Judge's score of the revision, 1 to 10")
    helpfulness: float | None = Field(description="Judge's score of the revision, 1 to 10")
    finish_reason: FinishReason | None = Field(description="How the revision ended")
    failure: str | None = Field(description="Why the revision must not train anything")
    draft_key: str = ledger_key("Ledger key of the draft")
    critique_key: str | None = ledger_key("Ledger key of the critique")
    revision_key: str | None = ledger_key("Ledger key of the revision")
    harmlessness_key: str | None = ledger_key("Ledger key of the revision's harmlessness score")
    helpfulness_key: str | None = ledger_key("Ledger key of the revision's helpfulness score")


class HelpfulAnswer(Row):
    """An answer to a helpful prompt."""

    dataset: ClassVar[str] = "helpful_answers"
    grain: ClassVar[str] = (
        "One row per helpful training prompt: the base policy's answer, or why there is none."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id",)

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    category: str = Field(description="Kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="The answer")
    finish_reason: FinishReason = Field(description="How the answer ended")
    failure: str | None = Field(description="Why the answer must not train anything")
    completion_key: str = ledger_key("Ledger key of the answer")


class SftExample(Row):
    """A prompt and the completion to learn."""

    dataset: ClassVar[str] = "cai_sft"
    grain: ClassVar[str] = (
        "One row per training example: a revision, a helpful answer or a capability example."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id", "step")

    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    completion: str = Field(description="What the policy shall answer")
    kind: Literal["revision", "helpful", "capability"] = Field(description="Where the completion comes from")
    step: int = Field(description="The revision's step; 0 for what is no revision")
    num_tokens: int = Field(description="Length of the completion in the base policy's tokens")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion_key: str | None = ledger_key("Ledger key of the completion; null where a person wrote it")


class CompletionPair(Row):
    """Two samples for one prompt."""

    dataset: ClassVar[str] = "completion_pairs"
    grain: ClassVar[str] = (
        "One row per pair: two samples of the SFT policy for one prompt, or why they make no pair."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id",)

    pair_id: str = Field(description="Hash of the prompt and both completions")
    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion_a: str = Field(description="One sample")
    completion_b: str = Field(description="Another sample")
    sample_a: int = Field(description="Which sample a is, from 0")
    sample_b: int = Field(description="Which sample b is, from 0")
    finish_reason_a: FinishReason = Field(description="How a ended")
    finish_reason_b: FinishReason = Field(description="How b ended")
    score_a: float | None = Field(
        description="Judge's score of a, 1 to 10; null where pairs are not chosen by it"
    )
    score_b: float | None = Field(
        description="Judge's score of b, 1 to 10; null where pairs are not chosen by it"
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
        description="What was shown first and second; equal ones measure the liking for a position"
    )
    principle_id: str = Field(description="Principle drawn for the pair")
    judge: str = Field(description="Asset name of the judging model")
    signal: Signal = Field(description="What the principle asks about")
    p_first: float | None = Field(description="Probability of the first, normalised over the choices")
    outside_probability: float | None = Field(description="Probability outside the choices")
    verdict: Literal["first", "second", "even"] | None = Field(description="The likelier choice")
    failure: str | None = Field(description="Why there is no verdict")
    raw: str | None = Field(description="The judge's words, where it answers in words")
    reasoning: str | None = Field(description="What the judge said before its verdict; null unless asked")
    judgement_key: str = ledger_key("Ledger key of the judge call")
    reasoning_key: str | None = ledger_key("Ledger key of the reasoning")


class PreferencePair(Row):
    """A pair with its label."""

    dataset: ClassVar[str] = "preference_pairs"
    grain: ClassVar[str] = (
        "One row per pair: soft label over orders, principles and judges; chosen, rejected unless tied."
    )
    key: ClassVar[tuple[str, ...]] = ("pair_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    pair_id: str = Field(description="The pair")
    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    principle_id: str | None = Field(description="Principle of the verdicts; null if none or several")
    principles: list[str] = Field(description="Principles of the verdicts that counted")
    p_a: float | None = Field(description="Probability that completion a is better, mean of both orders")
    p_harmlessness: float | None = Field(description="The same, by the principles of harmlessness alone")
    p_helpfulness: float | None = Field(description="The same, by the principles of helpfulness alone")
    p_honesty: float | None = Field(description="The same, by the principles of honesty alone")
    logit_ab: float | None = Field(description="Logit for a, shown first, position taken off")
    logit_ba: float | None = Field(description="Logit for a, shown second, position taken off")
    num_unparsed: int = Field(description="Principles and judges left out, as a verdict of theirs is missing")
    judge_spread: float | None = Field(description="Largest less smallest p_a of several judges")
    judges_disagree: bool | None = Field(description="Whether judges alone would name different completions")
    label: Literal["a", "b", "tie", "unparsed", "unjudged"] = Field(description="What the orders agree on")
    failure: str | None = Field(description="Why there is no label")
    chosen: str | None = Field(description="The better completion; null without a label")
    rejected: str | None = Field(description="The worse completion; null without a label")


class EvaluationAnswer(Row):
    """A model's answer to a held-out prompt, compared with the base policy's."""

    dataset: ClassVar[str] = "evaluation_answers"
    grain: ClassVar[str] = (
        "One row per model and held-out prompt: answer, refusal, verdict against the base policy."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "prompt_id")
    label_columns: ClassVar[tuple[str, ...]] = ("verdict", "refused")

    model: str = Field(description="Asset name of the model")
    prompt_id: str = Field(description="The held-out prompt")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = _history()
    kind: Kind = Field(description="Which prompt set")
    category: str = Field(description="Harm category, or kind of task")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="The answer")
    finish_reason: FinishReason = Field(description="How the answer ended")
    num_tokens: int = Field(description="Length of the answer in tokens")
    refused: bool = Field(description="Whether the answer has a refusal phrase")
    p_win: float | None = Field(description="Probability of beating the base, mean of both orders")
    verdict: Literal["win", "loss", "tie", "same", "unparsed"] | None = Field(
        description="What both orders agree on; null for the base policy itself"
    )
    completion_key: str = ledger_key("Ledger key of the answer")


class Metric(Row):
    """One figure of one model."""

    dataset: ClassVar[str] = "evaluation"
    grain: ClassVar[str] = "One row per model, prompt set and metric: value with its 95 % interval."
    key: ClassVar[tuple[str, ...]] = ("model", "kind", "metric")

    model: str = Field(description="Asset name of the model")
    kind: Kind = Field(description="Which prompt set")
    metric: str = Field(description="What is measured")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Over how many answers")
