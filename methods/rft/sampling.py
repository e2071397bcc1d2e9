"""Sampling a policy for problems with known answers, until each problem's stopping rule is met."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from pydantic import Field

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import arrow_schema, from_table
from datasets_registry.settings import Seed, Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams, keys
from generation.streaming.tasks import Task
from methods.reading.equations import path
from methods.rft.rewards import Reward, rewarded
from methods.rft.stopping import StoppingRule, Tally
from methods.templates import fill
from methods.verifiers.contract import Verification, Verify

if TYPE_CHECKING:
    import pyarrow as pa


# problems sampled for at a time: enough to keep a batch full, few enough to hold in memory
WINDOW = 4_096
# problems whose samples become columns together
TABLE = 512


class SampleSettings(Settings):
    """How completions are sampled, when that stops, and how many hinted ones an unsolved problem gets."""

    rule: StoppingRule = StoppingRule()
    answers: SamplingParams = SamplingParams()
    system_prompt: str | None = None
    num_rationalisations: int = Field(0, ge=0)
    seed: Seed = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A completion for a problem, the verifier's verdict on it, and the path of its equations."""

    completion: Completion
    verdict: Verification | None
    path: str | None
    key: str


@dataclass(slots=True)
class _OpenProblem:
    """A problem whose rule has not stopped yet."""

    problem: Problem
    messages: tuple[Message, ...]
    seed: int
    rule: StoppingRule
    hinted: bool
    samples: list[Sample] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    # samples of one problem often have the same text, and a program takes long to verify
    verdicts: dict[str, tuple[Verification, str | None]] = field(default_factory=dict)

    def verdict(self, text: str, verify: Verify) -> tuple[Verification, str | None]:
        """The verdict on a text and its path; equal texts are verified once."""
        if text not in self.verdicts:
            self.verdicts[text] = verify(text, self.problem.answer), path(text) or None
        return self.verdicts[text]

    def count(self) -> None:
        """Update the tally to the samples so far."""
        accepted = [sample for sample in self.samples if sample.verdict and sample.verdict.accepted]
        rejected = [sample for sample in self.samples if sample.verdict and not sample.verdict.accepted]
        paths = {sample.path or "" for sample in accepted}
        self.tally = Tally(len(self.samples), len(accepted), len(rejected), len(paths))


def sample_candidates(
    problems: Iterable[Problem],
    complete: Complete,
    model: str,
    policy: str,
    verify: Verify,
    settings: SampleSettings,
    reward: Reward | None = None,
) -> Iterator[Candidate]:
    """The rows of ``sample_tables``, rewarded by ``reward`` where one is given."""
    for table in sample_tables(problems, complete, model, policy, verify, settings):
        yield from from_table(Candidate, rewarded(table, reward) if reward else table)


def sample_tables(
    problems: Iterable[Problem],
    complete: Complete,
    model: str,
    policy: str,
    verify: Verify,
    settings: SampleSettings,
) -> "Iterator[pa.Table]":
    """Every sample for every problem, as ``Candidate`` columns of some problems at a time.

    The reward is the verifier's: 1 for an accepted sample, 0 for a rejected one, None for one that failed.

    ``model`` is the fingerprint of what completes, ``policy`` its name. Each problem goes on as its own
    draws arrive, and what is sampled for it depends on them alone. A problem without an accepted sample is
    put again with its answer as a hint, where the settings ask for rationalisations (STaR, Zelikman et al.
    2022).
    """
    # profiles read this module, and the ledger behind the flow takes long to import
    from generation.streaming.flow import flow

    tasks = (_sampled(problem, model, verify, settings) for problem in problems)
    stopped = flow(complete, "samples", tasks, WINDOW)
    while some := list(islice(stopped, TABLE)):
        yield _table(list(chain.from_iterable(some)), policy)


def _sampled(
    problem: Problem, model: str, verify: Verify, settings: SampleSettings
) -> Task[list["_OpenProblem"]]:
    """The problem with all its samples, and with those of its hint if it needed one."""
    sampled = _opened(problem, settings)
    yield from _drawn(sampled, model, verify, settings)
    if not settings.num_rationalisations or sampled.tally.num_accepted:
        return [sampled]
    hinted = _hinted(sampled, settings)
    yield from _drawn(hinted, model, verify, settings)
    return [sampled, hinted]


def _opened(problem: Problem, settings: SampleSettings) -> _OpenProblem:
    seed = derive_seed(settings.seed, problem.problem_id)
    return _OpenProblem(problem, _messages(problem.prompt, settings), seed, settings.rule, hinted=False)


def _hinted(unsolved: _OpenProblem, settings: SampleSettings) -> _OpenProblem:
    """The problem with its answer, for a fixed number of samples."""
    problem = unsolved.problem
    prompt = fill("hint", problem=problem.prompt, answer=problem.answer)
    rule = StoppingRule(max_draws=settings.num_rationalisations)
    return _OpenProblem(problem, _messages(prompt, settings), unsolved.seed, rule, hinted=True)


def _messages(prompt: str, settings: SampleSettings) -> tuple[Message, ...]:
    question = Message(role="user", content=prompt)
    if settings.system_prompt is None:
        return (question,)
    return (Message(role="system", content=fill(settings.system_prompt)), question)


def _drawn(problem: _OpenProblem, model: str, verify: Verify, settings: SampleSettings) -> Task[None]:
    """Draw for the problem, a chunk at a time, until its rule stops."""
    while not problem.rule.stop(problem.tally):
        first = len(problem.samples)
        requests = [
            Request(messages=problem.messages, params=settings.answers, seed=problem.seed, sample=index)
            for index in range(first, first + problem.rule.chunk(problem.tally))
        ]
        completions = yield requests
        for key, completion in zip(keys(model, requests), completions, strict=True):
            problem.samples.append(_verified(problem, completion, key, verify))
        problem.count()


def _verified(problem: _OpenProblem, completion: Completion, key: str, verify: Verify) -> Sample:
    if completion.error is not None:
        return Sample(completion, None, None, key)
    verdict, steps = problem.verdict(completion.text, verify)
    if completion.finish_reason == "length":
        # what would have come next could have taken an answer back
        verdict = replace(verdict, accepted=False, reason="truncated")
    return Sample(completion, verdict, steps, key)


def _table(stopped: Sequence[_OpenProblem], policy: str) -> "pa.Table":
    """Columns and not rows: a validated row for each sample would cost as much as all else about it."""
    import pyarrow as pa

    schema = arrow_schema(Candidate)
    columns: dict[str, list[object]] = {column: [] for column in schema.names}
    for problem in stopped:
        for column, value in _shared(problem).items():
            columns[column] += [value] * len(problem.samples)
        for column, values in _per_sample(problem.samples).items():
            columns[column] += values
    columns["policy"] = [policy] * len(columns["accepted"])
    columns["reward"] = [
        None if accepted is None else float(bool(accepted)) for accepted in columns["accepted"]
    ]
    columns["scores"] = [[] for _ in columns["accepted"]]
    columns["combination"] = [None] * len(columns["accepted"])
    return pa.table(columns, schema)


def _shared(sampled: _OpenProblem) -> Mapping[str, object]:
    """The columns that all samples of a problem have in common."""
    problem, tally, rule = sampled.problem, sampled.tally, sampled.rule
    return {
        "problem_id": problem.problem_id,
        "prompt": problem.prompt,
        "answer": problem.answer,
        "family": problem.family,
        "difficulty": problem.difficulty,
        "split_group": problem.split_group,
        "hinted": sampled.hinted,
        "rule": rule.summary,
        "stop": rule.stop(tally) or "exhausted",
        "num_draws": tally.num_draws,
        "num_accepted": tally.num_accepted,
        "propensity": rule.propensity(tally),
        "pass_rate": rule.pass_rate(
            [sample.verdict.accepted if sample.verdict else None for sample in sampled.samples]
        ),
    }


def _per_sample(samples: Sequence[Sample]) -> Mapping[str, Sequence[object]]:
    """The columns that each sample has of its own."""
    completions = [sample.completion for sample in samples]
    verdicts = [sample.verdict for sample in samples]
    return {
        "sample": range(len(samples)),
        "completion": [completion.text for completion in completions],
        "accepted": [verdict and verdict.accepted for verdict in verdicts],
        "extracted": [verdict and verdict.extracted for verdict in verdicts],
        "reason": [
            verdict.reason if verdict else f"error: {completion.error}"
            for verdict, completion in zip(verdicts, completions, strict=True)
        ],
        "path": [sample.path for sample in samples],
        "finish_reason": [completion.finish_reason for completion in completions],
        "num_tokens": [completion.num_completion_tokens for completion in completions],
        "completion_key": [sample.key for sample in samples],
    }
