"""Candidates: draws of a policy for problems with known answers, until a stopping rule is met."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.hashing import derive_seed
from datasets_registry.imported_schemas import Problem
from datasets_registry.rft_schemas import Candidate, Stop
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.equations import path
from methods.stopping import StoppingRule, Tally
from methods.templates import fill
from methods.verification import Verification, Verify

# problems drawn for at a time: enough to keep a batch full, few enough to hold in memory
WINDOW = 4_096


class CandidateSettings(BaseModel):
    """How draws are sampled, when they stop, and how many hinted ones an unsolved problem gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: StoppingRule = StoppingRule()
    answers: SamplingParams = SamplingParams()
    system_prompt: str | None = None
    num_rationalisations: int = Field(0, ge=0)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Draw:
    """One completion, what the verifier says of it, and by which path it came there."""

    completion: Completion
    verdict: Verification | None
    path: str | None
    key: str


# the score of each draw of one problem, or None where there is none
Reward = Callable[[Sequence[tuple[Problem, Draw]]], Sequence[float | None]]


def by_verifier(draws: Sequence[tuple[Problem, Draw]]) -> list[float | None]:
    """1 for an accepted draw, 0 for a rejected one."""
    return [None if draw.verdict is None else float(draw.verdict.accepted) for _, draw in draws]


@dataclass(slots=True)
class _Open:
    """A problem that is being drawn for."""

    problem: Problem
    messages: tuple[Message, ...]
    seed: int
    rule: StoppingRule
    hinted: bool
    draws: list[Draw] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    paths: set[str] = field(default_factory=set)
    # draws of one problem often say the same, and a program takes long to verify
    verdicts: dict[str, tuple[Verification, str | None]] = field(default_factory=dict)

    def verdict(self, said: str, verify: Verify) -> tuple[Verification, str | None]:
        """The verdict and the path of a text, which is verified once."""
        if said not in self.verdicts:
            self.verdicts[said] = verify(said, self.problem.answer), path(said) or None
        return self.verdicts[said]

    def add(self, draw: Draw) -> None:
        verdict, tally = draw.verdict, self.tally
        accepted = verdict is not None and verdict.accepted
        if accepted:
            self.paths.add(draw.path or "")
        self.draws.append(draw)
        self.tally = Tally(
            tally.num_draws + 1, tally.num_accepted + accepted,
            tally.num_rejected + (verdict is not None and not accepted), len(self.paths),
        )  # fmt: skip


def draw_candidates(
    problems: Iterable[Problem], complete: Complete, model: str, policy: str, verify: Verify,
    settings: CandidateSettings, reward: Reward = by_verifier,
) -> Iterator[Candidate]:  # fmt: skip
    """Every draw for every problem; problems that end make room for others, so that batches stay full.

    What is drawn for a problem depends on its own draws alone. A problem without an accepted draw is
    asked again with its answer as a hint, where the settings say so (STaR, Zelikman et al. 2022).
    """
    begin = partial(_opened, settings=settings)
    waiting, going = map(begin, problems), list[_Open]()
    while True:
        going += islice(waiting, WINDOW - len(going))
        if not going:
            return
        _draw(going, complete, model, verify, settings)
        ended = [one for one in going if one.rule.stop(one.tally)]
        going = [one for one in going if not one.rule.stop(one.tally)]
        rewards = iter(reward([(one.problem, draw) for one in ended for draw in one.draws]))
        for one in ended:
            yield from _rows(one, policy, rewards)
            if not (one.hinted or one.tally.num_accepted) and settings.num_rationalisations:
                going.append(_hinted(one, settings))


def _opened(problem: Problem, settings: CandidateSettings) -> _Open:
    seed = derive_seed(settings.seed, problem.problem_id)
    return _Open(problem, _asked(problem.prompt, settings), seed, settings.rule, hinted=False)


def _hinted(one: _Open, settings: CandidateSettings) -> _Open:
    """The problem with its answer, for a fixed number of draws."""
    told = fill("hint", problem=one.problem.prompt, answer=one.problem.answer)
    rule = StoppingRule(max_draws=settings.num_rationalisations)
    return _Open(one.problem, _asked(told, settings), one.seed, rule, hinted=True)


def _asked(prompt: str, settings: CandidateSettings) -> tuple[Message, ...]:
    asked = Message(role="user", content=prompt)
    if settings.system_prompt is None:
        return (asked,)
    return (Message(role="system", content=fill(settings.system_prompt)), asked)


def _draw(
    going: Sequence[_Open], complete: Complete, model: str, verify: Verify, settings: CandidateSettings
) -> None:
    """Draw the next chunk of each problem, in one call."""
    asked = [
        (one, Request(messages=one.messages, params=settings.answers, seed=one.seed, sample=sample))
        for one in going
        for sample in range(len(one.draws), len(one.draws) + one.rule.chunk(one.tally))
    ]
    completions = complete("draws", [request for _, request in asked])
    for (one, request), completion in zip(asked, completions, strict=True):
        one.add(_verified(one, completion, request.key(model), verify))


def _verified(one: _Open, completion: Completion, key: str, verify: Verify) -> Draw:
    if completion.error is not None:
        return Draw(completion, None, None, key)
    verdict, way = one.verdict(completion.text, verify)
    if completion.finish_reason == "length":
        # what would have come next could have taken an answer back
        verdict = replace(verdict, accepted=False, reason="truncated")
    return Draw(completion, verdict, way, key)


def _rows(one: _Open, policy: str, rewards: Iterator[float | None]) -> Iterator[Candidate]:
    problem, tally, rule = one.problem, one.tally, one.rule
    told = rule.told
    stop: Stop = rule.stop(tally) or "exhausted"
    propensity = rule.propensity(tally)
    for sample, (draw, reward) in enumerate(zip(one.draws, rewards, strict=False)):
        verdict, completion = draw.verdict, draw.completion
        yield Candidate(
            problem_id=problem.problem_id, policy=policy, hinted=one.hinted, sample=sample,
            prompt=problem.prompt, answer=problem.answer, family=problem.family,
            difficulty=problem.difficulty, split_group=problem.split_group, completion=completion.text,
            accepted=verdict.accepted if verdict else None,
            extracted=verdict.extracted if verdict else None,
            reason=verdict.reason if verdict else f"error: {completion.error}",
            reward=reward, path=draw.path, finish_reason=completion.finish_reason,
            num_tokens=completion.num_completion_tokens, rule=told, stop=stop,
            num_draws=tally.num_draws, num_accepted=tally.num_accepted, propensity=propensity,
            completion_key=draw.key,
        )  # fmt: skip
