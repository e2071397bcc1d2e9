"""Pass rates: how often each policy solves each problem, from candidates or rollouts that are there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Self

from pydantic import Field, field_validator, model_validator

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rounds.rollouts import Rollout
from datasets_registry.rows.scored.pass_rates import Place, PromptPassRate
from datasets_registry.rows.words import VERIFIER
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models


class PassRateSettings(Settings):
    """The band of rates that is kept, both ends included; `none` keeps every problem with a rate.

    Problems that are always or never solved teach an online trainer nothing, since all samples of a group
    have the same reward. A problem with fewer than ``min_samples`` verdicts has no place in any band.
    """

    band: tuple[float, float] | None = Field((0.2, 0.8), description="Least and greatest rate, or `none`")
    min_samples: int = Field(2, ge=1, description="Verdicts without which a rate says nothing")
    round: int | None = Field(None, ge=0, description="The round whose samples they are")

    @field_validator("band", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        # TOML has no null
        return None if value == "none" else value

    @model_validator(mode="after")
    def _is_a_band(self) -> Self:
        if self.band is not None and not 0 <= self.band[0] <= self.band[1] <= 1:
            raise ValueError(
                f"band {list(self.band)} is no range of rates: give two from 0 to 1, the lower one first"
            )
        return self

    def place(self, rate: float | None, num_samples: int) -> Place:
        """Where a problem of this rate stands."""
        if num_samples < self.min_samples:
            return "too_few"
        if rate is None:
            return "unknown"
        low, high = self.band or (0.0, 1.0)
        return "too_hard" if rate < low else "too_easy" if rate > high else "kept"


@dataclass(frozen=True)
class _Sampled:
    """A policy's samples for one problem: counts, and the rate with whether their number was fixed before."""

    problem_id: str
    policy: str
    prompt: str
    split_group: str
    verdicts: Sequence[bool | None]
    rate: float | None
    is_fixed: bool


def make_pass_rates(inputs: Inputs, models: Models, settings: PassRateSettings) -> Iterator[PromptPassRate]:
    """A rate for each problem and policy of ``candidates``, or of ``rollouts``."""
    yield from (_row(sampled, settings) for sampled in _of_candidates(inputs.stream(Candidate)))
    yield from (_row(sampled, settings) for sampled in _of_rollouts(inputs.rows(Rollout)))


PROMPT_PASS_RATES = Method(make_pass_rates, PassRateSettings, PromptPassRate)


def _of_candidates(candidates: Iterable[Candidate]) -> Iterator[_Sampled]:
    """Samples come sorted by problem and policy; one that was given a hint says nothing of the rate."""
    unaided = (sample for sample in candidates if not sample.hinted)
    for (problem_id, policy), group in groupby(unaided, key=attrgetter("problem_id", "policy")):
        samples = list(group)
        first = samples[0]
        yield _Sampled(
            problem_id,
            policy,
            first.prompt,
            first.split_group,
            [sample.accepted for sample in samples],
            first.pass_rate,
            first.stop == "all_drawn",
        )


def _of_rollouts(rollouts: Iterable[Rollout]) -> Iterator[_Sampled]:
    """Over all steps; the policy learned meanwhile, so that the rate is its mean over the run."""
    by_problem = attrgetter("prompt_id", "policy")
    for (problem_id, policy), group in groupby(sorted(rollouts, key=by_problem), key=by_problem):
        samples = list(group)
        verdicts = [_verdict(sample) for sample in samples]
        read = [verdict for verdict in verdicts if verdict is not None]
        rate = sum(read) / len(read) if read else None
        first = samples[0]
        yield _Sampled(problem_id, policy, first.prompt, first.split_group, verdicts, rate, is_fixed=True)


def _verdict(rollout: Rollout) -> bool | None:
    scores = [signal.score for signal in rollout.signals if signal.signal == VERIFIER]
    return None if not scores or scores[0] is None else scores[0] > 0


def _row(sampled: _Sampled, settings: PassRateSettings) -> PromptPassRate:
    read = [verdict for verdict in sampled.verdicts if verdict is not None]
    interval = wilson_interval(sum(read), len(read)) if read and sampled.is_fixed else (None, None)
    return PromptPassRate(
        problem_id=sampled.problem_id,
        policy=sampled.policy,
        round=settings.round,
        prompt=sampled.prompt,
        split_group=sampled.split_group,
        num_samples=len(read),
        num_failed=len(sampled.verdicts) - len(read),
        num_passed=sum(read),
        pass_rate=sampled.rate,
        low=interval[0],
        high=interval[1],
        place=settings.place(sampled.rate, len(read)),
    )
