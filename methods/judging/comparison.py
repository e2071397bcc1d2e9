"""Comparisons: a judge is shown two responses to one conversation, in some order, with a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.quotation import quoted, quoted_conversation
from methods.templates import fill

OPENING = "Response"
CHOICES = (" A", " B")
_GREEDY = 0.0
Order = Literal["ab", "ba", "aa", "bb"]


class ComparisonSettings(Settings):
    """How a judge is asked: for probabilities or text, with or without reasoning, calibrated or not."""

    verdicts: Literal["probabilities", "text"] = "probabilities"
    reasoning_tokens: int | None = Field(None, ge=1)
    max_outside_probability: float = Field(0.5, gt=0, le=1)
    calibration: Literal["none", "identical"] = "none"

    @property
    def orders(self) -> tuple[Order, ...]:
        """The calls of one pair; identical responses measure the position bias."""
        return ("ab", "ba", "aa", "bb") if self.calibration == "identical" else ("ab", "ba")


def comparison_templates(settings: ComparisonSettings) -> tuple[str, ...]:
    """The names of the prompt templates that comparisons use."""
    return ("judge",) if settings.reasoning_tokens is None else ("judge", "reasoning")


@dataclass(frozen=True)
class Comparison:
    """Two responses to ``messages`` in the order in which a judge sees them."""

    messages: tuple[Message, ...]
    first: str
    second: str
    question: str


@dataclass(frozen=True)
class Answer:
    """The judge's completions, with the ledger keys of its calls."""

    completion: Completion
    key: str
    reasoning: Completion | None = None
    reasoning_key: str | None = None


def comparisons(
    messages: Sequence[Message], a: str, b: str, question: str, settings: ComparisonSettings
) -> dict[Order, Comparison]:
    """The comparisons of one pair by order."""
    responses = {"a": a, "b": b}
    return {
        order: Comparison(tuple(messages), responses[order[0]], responses[order[1]], question)
        for order in settings.orders
    }


def ask(
    stage: str,
    comparisons: Sequence[Comparison],
    complete: Complete,
    model: str,
    settings: ComparisonSettings,
) -> list[Answer]:
    """The judge's answers in the order of ``comparisons``; with reasoning, each takes two calls."""
    if settings.reasoning_tokens is None:
        requests = [verdict_request(comparison, settings) for comparison in comparisons]
        completions = zip(requests, complete(stage, requests), strict=True)
        return [Answer(completion, request.key(model)) for request, completion in completions]
    first = [_reasoning_request(comparison, settings.reasoning_tokens) for comparison in comparisons]
    reasonings = complete(f"{stage}: reasoning", first)
    requests = [
        verdict_request(comparison, settings, reasoning.text)
        for comparison, reasoning in zip(comparisons, reasonings, strict=True)
    ]
    calls = zip(requests, complete(stage, requests), first, reasonings, strict=True)
    return [
        Answer(completion, request.key(model), reasoning, before.key(model))
        for request, completion, before, reasoning in calls
    ]


def ask_pairs(
    stage: str,
    pairs: Sequence[Mapping[Order, Comparison]],
    complete: Complete,
    model: str,
    settings: ComparisonSettings,
) -> list[dict[Order, Answer]]:
    """The answers to each pair's comparisons, by order, pair by pair."""
    every = [comparison for by_order in pairs for comparison in by_order.values()]
    answers = iter(ask(stage, every, complete, model, settings))
    return [{order: next(answers) for order in by_order} for by_order in pairs]


def verdict_request(
    comparison: Comparison, settings: ComparisonSettings, reasoning: str | None = None
) -> Request:
    """The call that asks for a choice; nothing is sampled, so it has no seed."""
    question, opening = comparison.question, Message(role="assistant", content=OPENING)
    messages: tuple[Message, ...] = (_message(comparison, question), opening)
    if reasoning is not None:
        first = _message(comparison, fill("reasoning", question=question))
        reasoned = Message(role="assistant", content=reasoning)
        messages = (first, reasoned, Message(role="user", content=question), opening)
    if settings.verdicts == "text":
        return Request(messages=messages, params=SamplingParams(temperature=_GREEDY, max_tokens=4))
    return Request(
        messages=messages, params=SamplingParams(temperature=_GREEDY, max_tokens=1), choices=CHOICES
    )


def _reasoning_request(comparison: Comparison, max_tokens: int) -> Request:
    question = fill("reasoning", question=comparison.question)
    params = SamplingParams(temperature=_GREEDY, max_tokens=max_tokens)
    return Request(messages=(_message(comparison, question),), params=params)


def _message(comparison: Comparison, question: str) -> Message:
    text = fill(
        "judge",
        conversation=quoted_conversation(comparison.messages),
        first=quoted(comparison.first),
        second=quoted(comparison.second),
        question=question,
    )
    return Message(role="user", content=text)
