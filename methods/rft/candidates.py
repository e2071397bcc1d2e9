"""Candidates: samples of policies for problems with known answers, verified and rewarded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Distinct
from generation.cards.turns import alone
from generation.scoring.combination import Combination
from methods.judging.answers import answers_of
from methods.judging.score import ScoreSettings, score_templates
from methods.method import Inputs, Method, Models
from methods.problems.choosing import choose_problems, usable_problems
from methods.rft.rewarding.signals import opened_signals, with_signals
from methods.rft.rewards import SIGNAL, Rewarding, by_judge, by_reward_model, drawn, rewarded
from methods.rft.sampling import SampleSettings, sample_tables
from methods.verifiers.contract import VerifierSettings

if TYPE_CHECKING:
    import pyarrow as pa


class CandidateSettings(SampleSettings):
    """Which problems are sampled for, how, and what rewards a sample.

    ``number`` training problems of ``families`` are chosen by content; None takes all.
    """

    families: Annotated[tuple[str, ...], Distinct] = ()
    number: int | None = Field(None, ge=1)
    reward: Literal["verifier", "judge", "reward_model"] = "verifier"
    # left out where it is not set, so that what was made without it is still the same
    combination: Combination | None = Field(None, exclude_if=lambda value: value is None)


class VerifiedCandidateSettings(CandidateSettings):
    """With the verifier, with how a judge scores where it rewards, and with the signals of reward models."""

    verifier: VerifierSettings
    scores: ScoreSettings | None = None
    signals: Annotated[tuple[Signal, ...], Distinct] = Field((), exclude_if=lambda value: not value)

    @model_validator(mode="after")
    def _scores_are_a_judges(self) -> Self:
        if (self.reward == "judge") != (self.scores is not None):
            raise ValueError("scores are for reward = 'judge': give both, or neither")
        return self


def candidate_settings(
    candidates: CandidateSettings,
    verifier: VerifierSettings,
    scores: ScoreSettings,
    signals: tuple[str, ...] = (),
) -> VerifiedCandidateSettings:
    """All that decides ``candidates``; ``scores`` count only where a judge rewards."""
    fields = {field: getattr(candidates, field) for field in CandidateSettings.model_fields}
    judged = scores if candidates.reward == "judge" else None
    return VerifiedCandidateSettings(**fields, verifier=verifier, scores=judged, signals=signals)


def candidate_templates(settings: VerifiedCandidateSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    hint = ("hint",) if settings.num_rationalisations else ()
    system = (settings.system_prompt,) if settings.system_prompt is not None else ()
    judge = () if settings.scores is None else score_templates(settings.scores, [SIGNAL])
    return (*hint, *system, *judge)


def make_candidates(
    inputs: Inputs, models: Models, settings: VerifiedCandidateSettings
) -> "Iterator[pa.Table]":
    """The samples of each of the ``policies`` for the chosen ``problems``.

    Raises BadInput where there are fewer problems than wanted.
    """
    tables = _samples(_chosen(usable_problems(inputs), settings), models, settings)
    if settings.reward == "verifier":
        yield from tables
        return
    with drawn(tables) as samples, _opened_reward(models, settings) as reward:
        yield from map(reward, samples)


CANDIDATES = Method(
    make_candidates, VerifiedCandidateSettings, Candidate, prompts=candidate_templates, generates=True
)


def _chosen(problems: Iterable[Problem], settings: CandidateSettings) -> list[Problem]:
    """The problems that are sampled for, in the order of candidates' keys."""
    chosen = choose_problems(
        problems,
        settings.families,
        settings.number,
        "drawn",
        settings.seed,
        what="problems to sample for",
        remedy="lower rft.candidates.number",
    )
    return sorted(chosen, key=lambda problem: problem.problem_id)


def _samples(
    problems: Sequence[Problem], models: Models, settings: VerifiedCandidateSettings
) -> "Iterator[pa.Table]":
    from methods.verifiers.verifier import verifier

    for policy in models.every("policies"):
        verify = verifier(settings.verifier, policy.thought_marks)
        with policy.completer() as complete:
            model = complete.backend.fingerprint
            yield from sample_tables(problems, complete, model, policy.name, verify, settings)


@contextmanager
def _opened_reward(models: Models, settings: VerifiedCandidateSettings) -> Iterator[Rewarding]:
    """What rewards samples where it is no verifier, opened once for all of them."""
    from generation.scoring.outcomes import OutcomeScorer

    if settings.scores is not None:
        judge = models["judge"]
        with judge.completer() as complete:
            answers = answers_of(complete, judge.thought_marks)
            reward = by_judge(answers, complete.backend.fingerprint, settings.scores)
            yield partial(rewarded, reward=reward)
    elif settings.signals:
        with opened_signals(models, settings.signals) as signals:
            yield partial(with_signals, signals=signals, combination=settings.combination)
    else:
        model = models["reward_model"]
        with alone("a reward model"), closing(OutcomeScorer(model.folder, model.base_folder)) as scorer:
            yield partial(rewarded, reward=by_reward_model(scorer))
