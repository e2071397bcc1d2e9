"""Rollouts by prefix: equal prefixes of several solutions of a problem share them."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.prm import Solution
from generation.completer import Complete
from generation.request import Completion, Message, Request
from methods.prm.settings import StepRolloutSettings
from methods.prm.splitting import prefix
from methods.templates import fill
from methods.verifiers.contract import Verification, Verify


@dataclass(frozen=True)
class Prefix:
    """A problem, and the text that its completer goes on from."""

    problem_id: str
    prompt: str
    answer: str
    text: str


@dataclass(frozen=True)
class Rollout:
    """What was asked for and what came; without a verdict where nothing came."""

    request: Request
    completion: Completion
    verdict: Verification | None


class RolloutPool:
    """The rollouts of each prefix so far, in the order of their samples."""

    def __init__(self, complete: Complete, verify: Verify, settings: StepRolloutSettings) -> None:
        self._complete, self._verify, self._settings = complete, verify, settings
        self._drawn: dict[Prefix, list[Rollout]] = {}
        self._wanted: dict[Prefix, int] = {}

    def want(self, at: Prefix, count: int) -> None:
        """Have at least ``count`` rollouts of a prefix after the next fill."""
        self._wanted[at] = max(count, self._wanted.get(at, 0))

    def fill(self, stage: str) -> None:
        """Draw what is wanted and missing, in one call, and verify it."""
        asked = [
            (at, rollout_request(at, sample, self._settings))
            for at, count in self._wanted.items()
            for sample in range(len(self._drawn.get(at, ())), count)
        ]
        self._wanted = {}
        completions = self._complete(stage, [request for _, request in asked]) if asked else []
        for (at, request), said in zip(asked, completions, strict=True):
            rollout = Rollout(request, said, _verdict(at, said, self._verify))
            self._drawn.setdefault(at, []).append(rollout)

    def first(self, at: Prefix, count: int) -> Sequence[Rollout]:
        """The first ``count`` rollouts of a prefix; another solution may have wanted more of them."""
        return self._drawn[at][:count]


def prefix_of(solution: Solution, step: int) -> Prefix:
    """The first ``step`` steps of a solution."""
    text = prefix(solution.completions, step, solution.separator)
    return Prefix(solution.problem_id, solution.prompt, solution.answer, text)


def rollout_request(at: Prefix, sample: int, settings: StepRolloutSettings) -> Request:
    """An unfinished answer to the problem, to go on with."""
    system = () if settings.system_prompt is None else (fill(settings.system_prompt),)
    messages = (
        *(Message(role="system", content=one) for one in system),
        Message(role="user", content=at.prompt),
        Message(role="assistant", content=at.text),
    )
    seed = derive_seed(settings.seed, at.problem_id, at.text)
    return Request(messages=messages, params=settings.rollouts, seed=seed, sample=sample)


def _verdict(at: Prefix, said: Completion, verify: Verify) -> Verification | None:
    if said.error is not None:
        return None
    # a completer that was cut off might have gone on to another answer
    if said.finish_reason == "length":
        return Verification(False, None, "truncated")
    return verify(at.text + said.text, at.answer)
