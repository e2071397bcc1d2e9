"""Rollouts by prefix: equal prefixes of several solutions of a problem share them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.prm import Solution
from generation.request import Completion, Message, Request
from generation.streaming.tasks import Task
from methods.prm.settings import StepRolloutSettings
from methods.reading.steps import prefix
from methods.templates import fill
from methods.verifiers.contract import Verification, Verify

# a few kilobytes each
MOST_RECENT = 16_384


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


@dataclass
class RolloutPool:
    """Recent rollouts by prefix and sample; solutions that begin alike share them, and their verdicts."""

    verify: Verify
    settings: StepRolloutSettings
    _recent: dict[tuple[Prefix, int], Rollout] = field(default_factory=dict)

    def drawn(self, wanted: Sequence[tuple[Prefix, int]]) -> Task[list[Rollout]]:
        """The rollout of each prefix and sample; those that are not here are asked for."""
        rollouts = {place: self._recent[place] for place in wanted if place in self._recent}
        missing = [place for place in wanted if place not in rollouts]
        requests = [rollout_request(start, sample, self.settings) for start, sample in missing]
        completions = yield requests
        for place, request, completion in zip(missing, requests, completions, strict=True):
            rollouts[place] = self._rollout(place, request, completion)
        return [rollouts[place] for place in wanted]

    def _rollout(self, place: tuple[Prefix, int], request: Request, completion: Completion) -> Rollout:
        if place not in self._recent:
            verdict = _verdict(place[0], completion, self.verify)
            self._recent[place] = Rollout(request, completion, verdict)
        rollout = self._recent[place]
        if len(self._recent) > MOST_RECENT:
            del self._recent[next(iter(self._recent))]
        return rollout


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
