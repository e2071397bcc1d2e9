"""One judge call: two responses to one conversation, shown in a given order, under one question."""

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
    """How a judge is asked: for probabilities or in words, after reasoning or at once, calibrated or not."""

    verdicts: Literal["probabilities", "text"] = "probabilities"
    reasoning_tokens: int | None = Field(None, ge=1)
    max_outside_probability: float = Field(0.5, gt=0, le=1)
    calibration: Literal["none", "identical"] = "none"

    @property
    def orders(self) -> tuple[Order, ...]:
        """The calls of one pair; identical responses measure the liking for a position."""
        return ("ab", "ba", "aa", "bb") if self.calibration == "identical" else ("ab", "ba")


def comparison_templates(settings: ComparisonSettings) -> tuple[str, ...]:
    """The names of the prompt templates that comparisons use."""
    return ("judge",) if settings.reasoning_tokens is None else ("judge", "reasoning")


@dataclass(frozen=True)
class Comparison:
    """Two responses to ``messages`` as a judge is shown them."""

    messages: tuple[Message, ...]
    first: str
    second: str
    question: str


@dataclass(frozen=True)
class Answer:
    """What the judge said, with the ledger's keys of its calls."""

    completion: Completion
    key: str
    reasoning: Completion | None = None
    reasoning_key: str | None = None


def comparisons(
    messages: Sequence[Message], a: str, b: str, question: str, settings: ComparisonSettings
) -> dict[Order, Comparison]:
    """The comparisons of one pair by order."""
    shown = {"a": a, "b": b}
    return {
        order: Comparison(tuple(messages), shown[order[0]], shown[order[1]], question)
        for order in settings.orders
    }


def ask(
    stage: str, asked: Sequence[Comparison], complete: Complete, model: str, settings: ComparisonSettings
) -> list[Answer]:
    """The judge's answers in the order of ``asked``; with reasoning, each takes two calls."""
    if settings.reasoning_tokens is None:
        requests = [verdict_request(one, settings) for one in asked]
        completions = complete(stage, requests)
        return [Answer(said, one.key(model)) for one, said in zip(requests, completions, strict=True)]
    first = [_reasoning_request(one, settings.reasoning_tokens) for one in asked]
    reasons = complete(f"{stage}: reasoning", first)
    requests = [
        verdict_request(one, settings, reason.text) for one, reason in zip(asked, reasons, strict=True)
    ]
    completions = complete(stage, requests)
    return [
        Answer(said, request.key(model), reason, before.key(model))
        for request, said, before, reason in zip(requests, completions, first, reasons, strict=True)
    ]


def ask_pairs(
    stage: str,
    asked: Sequence[Mapping[Order, Comparison]],
    complete: Complete,
    model: str,
    settings: ComparisonSettings,
) -> list[dict[Order, Answer]]:
    """The answers to each pair's comparisons, by order, pair by pair."""
    calls = [call for orders in asked for call in orders.values()]
    answers = iter(ask(stage, calls, complete, model, settings))
    return [{order: next(answers) for order in orders} for orders in asked]


def verdict_request(
    comparison: Comparison, settings: ComparisonSettings, reasoning: str | None = None
) -> Request:
    """The call that asks for a choice; nothing is drawn, so it has no seed."""
    question, opening = comparison.question, Message(role="assistant", content=OPENING)
    messages: tuple[Message, ...] = (_shown(comparison, question), opening)
    if reasoning is not None:
        said = Message(role="assistant", content=reasoning)
        again = Message(role="user", content=question)
        messages = (_shown(comparison, fill("reasoning", question=question)), said, again, opening)
    if settings.verdicts == "text":
        return Request(messages=messages, params=SamplingParams(temperature=_GREEDY, max_tokens=4))
    return Request(
        messages=messages, params=SamplingParams(temperature=_GREEDY, max_tokens=1), choices=CHOICES
    )


def _reasoning_request(comparison: Comparison, max_tokens: int) -> Request:
    question = fill("reasoning", question=comparison.question)
    params = SamplingParams(temperature=_GREEDY, max_tokens=max_tokens)
    return Request(messages=(_shown(comparison, question),), params=params)


def _shown(comparison: Comparison, question: str) -> Message:
    text = fill(
        "judge",
        conversation=quoted_conversation(comparison.messages),
        first=quoted(comparison.first),
        second=quoted(comparison.second),
        question=question,
    )
    return Message(role="user", content=text)
