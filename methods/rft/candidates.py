"""Candidates: draws of a policy for problems with known answers, until a stopping rule is met."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa
from pydantic import Field

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import arrow_schema, from_table
from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.rft.equations import path
from methods.rft.stopping import StoppingRule, Tally
from methods.templates import fill
from methods.verifiers.contract import Verification, Verify

# problems drawn for at a time: enough to keep a batch full, few enough to hold in memory
WINDOW = 4_096


class CandidateSettings(Settings):
    """How draws are sampled, when they stop, and how many hinted ones an unsolved problem gets."""

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
    # draws of one problem often say the same, and a program takes long to verify
    verdicts: dict[str, tuple[Verification, str | None]] = field(default_factory=dict)

    def verdict(self, said: str, verify: Verify) -> tuple[Verification, str | None]:
        """The verdict and the path of a text, which is verified once."""
        if said not in self.verdicts:
            self.verdicts[said] = verify(said, self.problem.answer), path(said) or None
        return self.verdicts[said]

    def count(self) -> None:
        """Take the tally of the draws so far."""
        accepted = [one for one in self.draws if one.verdict and one.verdict.accepted]
        rejected = [one for one in self.draws if one.verdict and not one.verdict.accepted]
        paths = {one.path or "" for one in accepted}
        self.tally = Tally(len(self.draws), len(accepted), len(rejected), len(paths))


def draw_candidates(
    problems: Iterable[Problem],
    complete: Complete,
    model: str,
    policy: str,
    verify: Verify,
    settings: CandidateSettings,
    reward: Reward = by_verifier,
) -> Iterator[Candidate]:
    """The rows of ``draw_tables``, one by one."""
    for table in draw_tables(problems, complete, model, policy, verify, settings, reward):
        yield from from_table(Candidate, table)


def draw_tables(
    problems: Iterable[Problem],
    complete: Complete,
    model: str,
    policy: str,
    verify: Verify,
    settings: CandidateSettings,
    reward: Reward = by_verifier,
) -> Iterator[pa.Table]:
    """Every draw for every problem, as ``Candidate`` columns of the problems that ended together.

    Problems that end make room for others, so that batches stay full; what is drawn for a problem depends
    on its own draws alone. A problem without an accepted draw is asked again with its answer as a hint,
    where the settings say so (STaR, Zelikman et al. 2022).
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
        if ended:
            rewards = reward([(one.problem, draw) for one in ended for draw in one.draws])
            yield _table(ended, policy, rewards)
        if settings.num_rationalisations:
            unsolved = [one for one in ended if not (one.hinted or one.tally.num_accepted)]
            going += [_hinted(one, settings) for one in unsolved]


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
        one.draws.append(_verified(one, completion, request.key(model), verify))
    for one in going:
        one.count()


def _verified(one: _Open, completion: Completion, key: str, verify: Verify) -> Draw:
    if completion.error is not None:
        return Draw(completion, None, None, key)
    verdict, way = one.verdict(completion.text, verify)
    if completion.finish_reason == "length":
        # what would have come next could have taken an answer back
        verdict = replace(verdict, accepted=False, reason="truncated")
    return Draw(completion, verdict, way, key)


def _table(ended: Sequence[_Open], policy: str, rewards: Sequence[float | None]) -> pa.Table:
    """Columns and not rows: a validated row for each draw would cost as much as all else about it."""
    schema = arrow_schema(Candidate)
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for one in ended:
        for name, value in _shared(one).items():
            columns[name] += [value] * len(one.draws)
        for name, values in _own(one.draws).items():
            columns[name] += values
    columns["policy"] = [policy] * len(rewards)
    columns["reward"] = list(rewards)
    return pa.table(columns, schema)


def _shared(one: _Open) -> Mapping[str, Any]:
    """What all draws of a problem have in common."""
    problem, tally, rule = one.problem, one.tally, one.rule
    return {
        "problem_id": problem.problem_id,
        "prompt": problem.prompt,
        "answer": problem.answer,
        "family": problem.family,
        "difficulty": problem.difficulty,
        "split_group": problem.split_group,
        "hinted": one.hinted,
        "rule": rule.told,
        "stop": rule.stop(tally) or "exhausted",
        "num_draws": tally.num_draws,
        "num_accepted": tally.num_accepted,
        "propensity": rule.propensity(tally),
    }


def _own(draws: Sequence[Draw]) -> Mapping[str, Sequence[Any]]:
    """What each draw has of its own."""
    completions, verdicts = [one.completion for one in draws], [one.verdict for one in draws]
    return {
        "sample": range(len(draws)),
        "completion": [one.text for one in completions],
        "accepted": [one and one.accepted for one in verdicts],
        "extracted": [one and one.extracted for one in verdicts],
        "reason": [one.verdict.reason if one.verdict else f"error: {one.completion.error}" for one in draws],
        "path": [one.path for one in draws],
        "finish_reason": [one.finish_reason for one in completions],
        "num_tokens": [one.num_completion_tokens for one in completions],
        "completion_key": [one.key for one in draws],
    }
