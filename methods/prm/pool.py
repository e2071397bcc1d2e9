"""Rollouts by prefix: equal prefixes of several solutions of a problem share them."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.prm import Solution
from generation.completer import Complete
from generation.request import Completion, Message, Request
from methods.prm.settings import StepRolloutSettings
from methods.reading.steps import prefix
from methods.templates import fill
from methods.verifiers.contract import Verification, Verify


@dataclass(frozen=True)
class Prefix:
    """A problem, and the start of an answer that is to be completed."""

    problem_id: str
    prompt: str
    answer: str
    text: str


@dataclass(frozen=True)
class Rollout:
    """A request, its completion, and the verdict; None where the completion failed."""

    request: Request
    completion: Completion
    verdict: Verification | None


class RolloutPool:
    """The rollouts of each prefix so far, in the order of their samples."""

    def __init__(self, complete: Complete, verify: Verify, settings: StepRolloutSettings) -> None:
        self._complete, self._verify, self._settings = complete, verify, settings
        self._rollouts: dict[Prefix, list[Rollout]] = {}
        self._targets: dict[Prefix, int] = {}

    def want(self, start: Prefix, count: int) -> None:
        """Have at least ``count`` rollouts of a prefix after the next fill."""
        self._targets[start] = max(count, self._targets.get(start, 0))

    def fill(self, stage: str) -> None:
        """Sample what is wanted and missing, in one call, and verify it."""
        missing = [
            (start, rollout_request(start, sample, self._settings))
            for start, count in self._targets.items()
            for sample in range(len(self._rollouts.get(start, ())), count)
        ]
        self._targets = {}
        completions = self._complete(stage, [request for _, request in missing]) if missing else []
        for (start, request), completion in zip(missing, completions, strict=True):
            rollout = Rollout(request, completion, _verdict(start, completion, self._verify))
            self._rollouts.setdefault(start, []).append(rollout)

    def first(self, start: Prefix, count: int) -> Sequence[Rollout]:
        """The first ``count`` rollouts of a prefix; another solution may have wanted more of them."""
        return self._rollouts[start][:count]


def prefix_of(solution: Solution, step: int) -> Prefix:
    """The first ``step`` steps of a solution."""
    text = prefix(solution.completions, step, solution.separator)
    return Prefix(solution.problem_id, solution.prompt, solution.answer, text)


def rollout_request(start: Prefix, sample: int, settings: StepRolloutSettings) -> Request:
    """The request that completes an unfinished answer to the problem."""
    system = () if settings.system_prompt is None else (fill(settings.system_prompt),)
    messages = (
        *(Message(role="system", content=text) for text in system),
        Message(role="user", content=start.prompt),
        Message(role="assistant", content=start.text),
    )
    seed = derive_seed(settings.seed, start.problem_id, start.text)
    return Request(messages=messages, params=settings.rollouts, seed=seed, sample=sample)


def _verdict(start: Prefix, completion: Completion, verify: Verify) -> Verification | None:
    if completion.error is not None:
        return None
    # a completer that was cut off might have gone on to another answer
    if completion.finish_reason == "length":
        return Verification(False, None, "truncated")
    return verify(start.text + completion.text, start.answer)
