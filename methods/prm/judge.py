"""A judge's opinion of where a solution first goes wrong, to compare with labels from rollouts.

Labels on which rollouts and a judge agree train better than either's alone (Zhang et al. 2025,
arXiv 2501.07301, §3).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from generation.streaming.flow import in_order
from generation.streaming.tasks import Task
from methods.judging.asking import WINDOW, Asking
from methods.judging.questions import Form, own_turn_requests, own_turn_templates, read_reply
from methods.judging.quotation import quoted
from methods.templates import fill

OPENING = "First wrong step: "
# the number and the end of the turn
_NUMBER = SamplingParams(temperature=0, max_tokens=6, stop=("\n",))


class StepJudgeSettings(Settings):
    """How a judge names the first wrong step, and in how many tokens it may reason first."""

    reasoning_tokens: int | None = Field(None, ge=1)
    verdicts: Literal["text", "schema"] = "text"
    begun: bool = Field(
        True,
        description="Whether the judge's turn is begun for it; if not set, unless its server is not known to "
        "continue turns",
    )
    greedy: bool = Field(
        True,
        exclude_if=bool,
        description="Whether the reply is the most probable one; if not set, unless the judge's API draws at "
        "temperature 1 alone",
    )
    thought_tokens: int = Field(
        0, ge=0, description="Tokens that a judge that thinks by itself may take before it speaks"
    )

    @property
    def asking(self) -> Asking:
        """How the verdict is asked for."""
        return Asking(
            verdicts=self.verdicts,
            begun=self.begun,
            greedy=self.greedy,
            thought_tokens=self.thought_tokens,
        )


class Solved(Protocol):
    """A solution in steps, or why it has none."""

    @property
    def solution_id(self) -> str:
        """Its id."""
        ...

    @property
    def prompt(self) -> str:
        """The problem's text."""
        ...

    @property
    def completions(self) -> Sequence[str]:
        """Its steps."""
        ...

    @property
    def failure(self) -> str | None:
        """Why it is not judged."""
        ...


@dataclass(frozen=True)
class StepVerdict:
    """The first wrong step, counted from 1 (0 for none), or why there is no verdict; the last call's key."""

    first_error: int | None
    failure: str | None
    key: str


def step_judge_templates(settings: StepJudgeSettings) -> tuple[str, ...]:
    """The prompt templates that the judge of steps fills under ``settings``."""
    reasons = settings.reasoning_tokens is not None
    if settings.asking.in_own_turn:
        return ("step_judge", "step_judge_question", *own_turn_templates(settings.asking, reasons=reasons))
    asked = ("step_judge_question", "answer_step")
    return ("step_judge", *asked, *(("step_judge_reasoning",) if reasons else ()))


def judge_steps(
    solutions: Iterable[Solved], complete: Complete, model: str, settings: StepJudgeSettings
) -> dict[str, StepVerdict]:
    """The judge's verdicts by solution id, on solutions without a failure; ``model`` is a fingerprint."""
    judged = (solution for solution in solutions if solution.failure is None)
    tasks = (_named(solution, model, settings) for solution in judged)
    return dict(in_order(complete, "first wrong steps", tasks, WINDOW))


def _named(solution: Solved, model: str, settings: StepJudgeSettings) -> Task[tuple[str, StepVerdict]]:
    return solution.solution_id, (yield from judging_steps(solution, model, settings))


def judging_steps(solution: Solved, model: str, settings: StepJudgeSettings) -> Task[StepVerdict]:
    """The verdict on one solution; a turn that is begun for the judge may take a call of reasoning before."""
    if settings.asking.in_own_turn:
        return (yield from _in_own_turn(solution, model, settings))
    if settings.reasoning_tokens is None:
        request = _request(_message(solution, _begun_question()))
    else:
        message = _message(solution, fill("step_judge_reasoning"))
        params = SamplingParams(temperature=0, max_tokens=settings.reasoning_tokens)
        first = Request(messages=(message,), params=params)
        (reason,) = yield [first]
        if reason.error is not None:
            return StepVerdict(None, f"reasoning: error: {reason.error}", first.key(model))
        request = _after(first, reason)
    (reply,) = yield [request]
    return _verdict(reply, len(solution.completions), request.key(model))


def _in_own_turn(solution: Solved, model: str, settings: StepJudgeSettings) -> Task[StepVerdict]:
    """The verdict of a judge that begins its turn itself; reasons come in the same reply."""
    form, text = _form(solution), _text(solution, fill("step_judge_question"))
    (request,) = own_turn_requests((), text, form, settings.asking, settings.reasoning_tokens)
    (completion,) = yield [request]
    reply = read_reply(completion, form, settings.asking)
    step = None if reply.option is None else int(reply.option)
    return StepVerdict(step, reply.failure, request.key(model))


def _form(solution: Solved) -> Form:
    """The numbers of the steps, and 0 for none of them."""
    last = len(solution.completions)
    options = tuple(str(number) for number in range(last + 1))
    return Form("First wrong step", options, f"its number from 1 to {last}, or 0 if every step is right")


def _request(*messages: Message) -> Request:
    return Request(messages=(*messages, Message(role="assistant", content=OPENING)), params=_NUMBER)


def _after(reasoning: Request, reason: Completion) -> Request:
    question = Message(role="user", content=_begun_question())
    return _request(*reasoning.messages, Message(role="assistant", content=reason.text), question)


def _begun_question() -> str:
    return f"{fill('step_judge_question')} {fill('answer_step')}"


def _message(solution: Solved, question: str) -> Message:
    return Message(role="user", content=_text(solution, question))


def _text(solution: Solved, question: str) -> str:
    numbered = enumerate(solution.completions, start=1)
    steps = "\n".join(f"Step {number}:\n{quoted(step)}" for number, step in numbered)
    return fill("step_judge", problem=quoted(solution.prompt), steps=steps, question=question)


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
