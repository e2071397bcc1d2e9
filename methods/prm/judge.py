"""A judge's opinion of where a solution first goes wrong, by which labels from rollouts are kept or dropped.

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
    """The first wrong step, from 1, or 0 for none; or why there is no verdict; and the last call's key."""

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
    """The judge's verdict by solution id, of each solution without a failure; ``model`` is a fingerprint."""
    asked = [one for one in solutions if one.failure is None]
    if settings.reasoning_tokens is None:
        requests = [_request(_shown(one, "step_judge_question")) for one in asked]
        return _verdicts(asked, requests, complete, model)
    params = SamplingParams(temperature=0, max_tokens=settings.reasoning_tokens)
    first = [Request(messages=(_shown(one, "step_judge_reasoning"),), params=params) for one in asked]
    reasons = list(zip(asked, first, complete("reasoning about steps", first), strict=True))
    failed = {
        one.solution_id: StepVerdict(None, f"reasoning: error: {said.error}", request.key(model))
        for one, request, said in reasons
        if said.error is not None
    }
    reasoned = [(one, _after(request, said)) for one, request, said in reasons if said.error is None]
    return failed | _verdicts(
        [one for one, _ in reasoned], [request for _, request in reasoned], complete, model
    )


def _verdicts(
    asked: Sequence[Solution], requests: Sequence[Request], complete: Complete, model: str
) -> dict[str, StepVerdict]:
    return {
        one.solution_id: _read(said, len(one.completions), request.key(model))
        for one, request, said in zip(asked, requests, complete("first wrong steps", requests), strict=True)
    }


def _request(*messages: Message) -> Request:
    return Request(messages=(*messages, Message(role="assistant", content=OPENING)), params=_NUMBER)


def _after(reasoning: Request, said: Completion) -> Request:
    again = Message(role="user", content=fill("step_judge_question"))
    return _request(*reasoning.messages, Message(role="assistant", content=said.text), again)


def _shown(solution: Solution, question: str) -> Message:
    steps = "\n".join(f"Step {place}:\n{quoted(one)}" for place, one in enumerate(solution.completions, 1))
    text = fill("step_judge", problem=quoted(solution.prompt), steps=steps, question=fill(question))
    return Message(role="user", content=text)


def _read(said: Completion, num_steps: int, key: str) -> StepVerdict:
    if said.error is not None:
        return StepVerdict(None, f"error: {said.error}", key)
    # a number that was cut off is another number
    number = re.fullmatch(r"\s*([0-9]+)\s*\.?\s*", said.text) if said.finish_reason == "stop" else None
    if number is None:
        return StepVerdict(None, f"no step number: {said.text!r}", key)
    if int(number[1]) > num_steps:
        return StepVerdict(None, f"step {number[1]} of {num_steps}", key)
    return StepVerdict(int(number[1]), None, key)
