"""A judge's opinion of where a solution first goes wrong, to compare with labels from rollouts.

Labels on which rollouts and a judge agree train better than either's alone (Zhang et al. 2025,
arXiv 2501.07301, §3).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from datasets_registry.rows.prm import Solution
from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.quotation import quoted
from methods.templates import fill

OPENING = "First wrong step: "
# the number and the end of the turn
_NUMBER = SamplingParams(temperature=0, max_tokens=6, stop=("\n",))


class StepJudgeSettings(Settings):
    """Whether the judge reasons first, and in how many tokens at most."""

    reasoning_tokens: int | None = Field(None, ge=1)


@dataclass(frozen=True)
class StepVerdict:
    """The first wrong step, counted from 1 (0 for none), or why there is no verdict; the last call's key."""

    first_error: int | None
    failure: str | None
    key: str


def step_judge_templates(settings: StepJudgeSettings) -> tuple[str, ...]:
    """The prompt templates that the judge of steps fills under ``settings``."""
    reasoning = () if settings.reasoning_tokens is None else ("step_judge_reasoning",)
    return ("step_judge", "step_judge_question", *reasoning)


def judge_steps(
    solutions: Sequence[Solution], complete: Complete, model: str, settings: StepJudgeSettings
) -> dict[str, StepVerdict]:
    """The judge's verdicts by solution id, on solutions without a failure; ``model`` is a fingerprint."""
    judged = [solution for solution in solutions if solution.failure is None]
    if settings.reasoning_tokens is None:
        requests = [_request(_question(solution, "step_judge_question")) for solution in judged]
        return _verdicts(judged, requests, complete, model)
    params = SamplingParams(temperature=0, max_tokens=settings.reasoning_tokens)
    first = [
        Request(messages=(_question(solution, "step_judge_reasoning"),), params=params) for solution in judged
    ]
    reasons = list(zip(judged, first, complete("reasoning about steps", first), strict=True))
    failed = {
        solution.solution_id: StepVerdict(None, f"reasoning: error: {reason.error}", request.key(model))
        for solution, request, reason in reasons
        if reason.error is not None
    }
    reasoned = [
        (solution, _after(request, reason)) for solution, request, reason in reasons if reason.error is None
    ]
    return failed | _verdicts(
        [solution for solution, _ in reasoned], [request for _, request in reasoned], complete, model
    )


def _verdicts(
    judged: Sequence[Solution], requests: Sequence[Request], complete: Complete, model: str
) -> dict[str, StepVerdict]:
    replies = complete("first wrong steps", requests)
    return {
        solution.solution_id: _verdict(reply, len(solution.completions), request.key(model))
        for solution, request, reply in zip(judged, requests, replies, strict=True)
    }


def _request(*messages: Message) -> Request:
    return Request(messages=(*messages, Message(role="assistant", content=OPENING)), params=_NUMBER)


def _after(reasoning: Request, reason: Completion) -> Request:
    question = Message(role="user", content=fill("step_judge_question"))
    return _request(*reasoning.messages, Message(role="assistant", content=reason.text), question)


def _question(solution: Solution, question: str) -> Message:
    numbered = enumerate(solution.completions, start=1)
    steps = "\n".join(f"Step {number}:\n{quoted(step)}" for number, step in numbered)
    text = fill("step_judge", problem=quoted(solution.prompt), steps=steps, question=fill(question))
    return Message(role="user", content=text)


def _verdict(reply: Completion, num_steps: int, key: str) -> StepVerdict:
    if reply.error is not None:
        return StepVerdict(None, f"error: {reply.error}", key)
    # a number that was cut off is another number
    number = re.fullmatch(r"\s*([0-9]+)\s*\.?\s*", reply.text) if reply.finish_reason == "stop" else None
    if number is None:
        return StepVerdict(None, f"no step number: {reply.text!r}", key)
    if int(number[1]) > num_steps:
        return StepVerdict(None, f"step {number[1]} of {num_steps}", key)
    return StepVerdict(int(number[1]), None, key)
