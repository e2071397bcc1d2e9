"""Comparisons: a judge is shown two responses to one conversation, in some order, with a question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, model_validator

from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams, keys
from generation.streaming.flow import in_order
from generation.streaming.tasks import Task
from methods.judging.asking import GREEDY, WINDOW, Asking
from methods.judging.questions import Form, letter_requests, own_turn_templates
from methods.judging.quotation import quoted, quoted_conversation
from methods.templates import fill

FORM = Form("Verdict", ("A", "B"), "A or B", opening="Response", ends=".:", wrong="neither A nor B")
CHOICES = FORM.letters
Order = Literal["ab", "ba", "aa", "bb"]


class ComparisonSettings(Asking):
    """How a judge is asked: with or without reasoning, calibrated or not."""

    reasoning_tokens: int | None = Field(None, ge=1)
    calibration: Literal["none", "identical"] = "none"

    @model_validator(mode="after")
    def _calibrates_shares(self) -> "ComparisonSettings":
        if self.calibration == "identical" and self.verdicts != "probabilities" and self.samples == 1:
            raise ValueError(
                "calibration = 'identical' takes off the share of a position, and a single reply in words "
                "has none: set samples to 2 or more, or calibration to 'none'"
            )
        return self

    @property
    def orders(self) -> tuple[Order, ...]:
        """The calls of one pair; identical responses measure the position bias."""
        return ("ab", "ba", "aa", "bb") if self.calibration == "identical" else ("ab", "ba")

    @property
    def num_calls(self) -> int:
        """Calls of one pair, in all orders; reasoning that stands apart is a call of its own."""
        return len(self.orders) * (self.samples + self.reasons_apart)

    @property
    def reasons_apart(self) -> bool:
        """Whether the judge reasons in a call of its own, before the one that asks for the verdict."""
        return self.reasoning_tokens is not None and self.way not in ("text", "schema")


def comparison_templates(settings: ComparisonSettings) -> tuple[str, ...]:
    """The names of the prompt templates that comparisons use."""
    reasoning = ("reasoning",) if settings.reasons_apart else ()
    reasons = settings.reasoning_tokens is not None
    return ("judge", *reasoning, *own_turn_templates(settings, reasons=reasons))


@dataclass(frozen=True)
class Comparison:
    """Two responses to ``messages`` in the order in which a judge sees them."""

    messages: tuple[Message, ...]
    first: str
    second: str
    question: str


@dataclass(frozen=True)
class Answer:
    """The judge's completions, with the ledger keys of its calls.

    ``samples`` are those beyond the first of a reply of which several are drawn.
    """

    completion: Completion
    key: str
    reasoning: Completion | None = None
    reasoning_key: str | None = None
    samples: tuple[Completion, ...] = ()
    sample_keys: tuple[str, ...] = ()


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
    comparisons: Iterable[Comparison],
    complete: Complete,
    model: str,
    settings: ComparisonSettings,
) -> list[Answer]:
    """The judge's answers in the order of ``comparisons``."""
    tasks = (asking(comparison, model, settings) for comparison in comparisons)
    return list(in_order(complete, stage, tasks, WINDOW))


def asking(comparison: Comparison, model: str, settings: ComparisonSettings) -> Task[Answer]:
    """One comparison, of the judge whose fingerprint is ``model``; reasoning may take a call before it."""
    if settings.reasoning_tokens is None or not settings.reasons_apart:
        return (yield from answering(verdict_requests(comparison, settings), model))
    first = _reasoning_request(comparison, settings.reasoning_tokens)
    (reasoning,) = yield [first]
    answer = yield from answering(verdict_requests(comparison, settings, reasoning.text), model)
    return replace(answer, reasoning=reasoning, reasoning_key=first.key(model))


def answers_to(
    stage: str, calls: Iterable[Sequence[Request]], complete: Complete, model: str
) -> list[Answer]:
    """The answer to the calls of each comparison."""
    return list(in_order(complete, stage, (answering(requests, model) for requests in calls), WINDOW))


def answering(requests: Sequence[Request], model: str) -> Task[Answer]:
    """The answer to the calls of one comparison: the first of them and further samples."""
    first, *samples = yield requests
    key, *sample_keys = keys(model, requests)
    return Answer(first, key, samples=tuple(samples), sample_keys=tuple(sample_keys))


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


def verdict_requests(
    comparison: Comparison, settings: ComparisonSettings, reasoning: str | None = None
) -> list[Request]:
    """The calls that ask for a choice: one, or each sample where several replies are drawn.

    ``reasoning`` is what the judge said in a call before.
    """
    earlier, question = _asked(comparison, reasoning)
    tokens = None if settings.reasons_apart else settings.reasoning_tokens
    return letter_requests(earlier, question, FORM, settings, tokens)


def _asked(comparison: Comparison, reasoning: str | None) -> tuple[tuple[Message, ...], str]:
    """The turns before the question of the verdict, and the question."""
    if reasoning is None:
        return (), _text(comparison, comparison.question)
    first = Message(role="user", content=_text(comparison, fill("reasoning", question=comparison.question)))
    return (first, Message(role="assistant", content=reasoning)), comparison.question


def _reasoning_request(comparison: Comparison, max_tokens: int) -> Request:
    question = _text(comparison, fill("reasoning", question=comparison.question))
    params = SamplingParams(temperature=GREEDY, max_tokens=max_tokens)
    return Request(messages=(Message(role="user", content=question),), params=params)


def _text(comparison: Comparison, question: str) -> str:
    return fill(
        "judge",
        conversation=quoted_conversation(comparison.messages),
        first=quoted(comparison.first),
        second=quoted(comparison.second),
        question=question,
    )
