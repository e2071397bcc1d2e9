"""Worked solutions: narrowed to the first step on which they differ, and how likely a model finds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from generation.request import Completion, Message, Request, SamplingParams
from methods.oversight.asked import Asked
from methods.reading.steps import Splitter, prefix, split

SIDES: tuple[Side, Side] = ("a", "b")
_NOT_SAMPLED = SamplingParams(temperature=0.0, max_tokens=1)


@dataclass(frozen=True)
class Disputed:
    """A side's step at the first difference, what comes before it, and its number from 1."""

    before: str
    step: str
    # what parts it from the step after it, so that its end is seen; empty for a last step
    end: str
    number: int


@dataclass(frozen=True)
class Likelihood:
    """The judge's log-likelihood of a text, the number of its tokens and its call; None where it failed."""

    logprob: float | None
    num_tokens: int
    num_read: int
    failure: str | None
    key: str

    @property
    def mean(self) -> float | None:
        """The mean of a token."""
        return None if self.logprob is None or not self.num_tokens else self.logprob / self.num_tokens


def narrowed(a: str, b: str, splitter: Splitter) -> tuple[Disputed, Disputed] | str:
    """Both sides at the first step on which they differ, or why there is none."""
    both = [split(text, splitter) for text in (a, b)]
    failed = next(
        (f"solution {side}: {each.failure}" for side, each in zip(SIDES, both, strict=True) if each.failure),
        None,
    )
    if failed:
        return failed
    pairs = enumerate(zip(*(each.steps for each in both), strict=False))
    place = next((place for place, (one, two) in pairs if one.strip() != two.strip()), None)
    if place is None:
        return "one solution goes on where the other ends: no step differs"
    first, second = (
        Disputed(
            before=prefix(each.steps, place, each.separator),
            step=each.steps[place],
            end=each.separator if place + 1 < len(each.steps) else "",
            number=place + 1,
        )
        for each in both
    )
    return first, second


def likelihoods(stage: str, texts: Sequence[tuple[str, str, str]], model: Asked) -> list[Likelihood]:
    """How likely the model finds each (question, begun answer, continuation), all in one call."""
    requests = [_request(question, begun, text) for question, begun, text in texts]
    completions = model.complete(stage, requests) if requests else []
    return [
        _likelihood(completion, request.key(model.model))
        for request, completion in zip(requests, completions, strict=True)
    ]


def _request(question: str, begun: str, text: str) -> Request:
    asked = Message(role="user", content=question)
    messages = (asked, Message(role="assistant", content=begun)) if begun else (asked,)
    return Request(messages=messages, params=_NOT_SAMPLED, continuation=text)


def _likelihood(completion: Completion, key: str) -> Likelihood:
    logprob, number = completion.continuation_logprob, completion.num_continuation_tokens or 0
    read = max(0, completion.num_prompt_tokens - number)
    failure = None if logprob is not None else f"error: {completion.error or 'no likelihood'}"
    return Likelihood(logprob, number, read, failure, key)


def whole_solutions(
    stage: str, questions: Sequence[OversightQuestion], model: Asked
) -> list[tuple[Likelihood, Likelihood]]:
    """How likely the model finds both solutions of each question as a whole."""
    texts = [
        (question.prompt, "", text)
        for question in questions
        for text in (question.answer_a, question.answer_b)
    ]
    found = iter(likelihoods(stage, texts, model))
    return [(next(found), next(found)) for _ in questions]
