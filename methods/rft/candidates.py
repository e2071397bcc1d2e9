"""Candidates: samples of policies for problems with known answers, verified and rewarded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldVerdict
from datasets_registry.settings import Distinct
from generation.cards.turns import alone
from methods.judging.answers import answers_of
from methods.judging.score import ScoreSettings, score_templates
from methods.method import Inputs, Method, Models
from methods.problems.choosing import choose_problems
from methods.rft.rewards import SIGNAL, Reward, by_judge, by_reward_model, drawn, rewarded
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


class VerifiedCandidateSettings(CandidateSettings):
    """With the verifier, and with how a judge scores where it rewards."""

    verifier: VerifierSettings
    scores: ScoreSettings | None = None

    @model_validator(mode="after")
    def _scores_are_a_judges(self) -> Self:
        if (self.reward == "judge") != (self.scores is not None):
            raise ValueError("scores are for reward = 'judge': give both, or neither")
        return self


def candidate_settings(
    candidates: CandidateSettings, verifier: VerifierSettings, scores: ScoreSettings
) -> VerifiedCandidateSettings:
    """All that decides ``candidates``; ``scores`` count only where a judge rewards."""
    fields = {field: getattr(candidates, field) for field in CandidateSettings.model_fields}
    judged = scores if candidates.reward == "judge" else None
    return VerifiedCandidateSettings(**fields, verifier=verifier, scores=judged)


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
        yield from (rewarded(table, reward) for table in samples)


CANDIDATES = Method(
    make_candidates, VerifiedCandidateSettings, Candidate, prompts=candidate_templates, generates=True
)


def usable_problems(inputs: Inputs) -> list[Problem]:
    """The problems whose own gold answer the verifier accepts; where no verdicts are given, all of them."""
    rejected = {verdict.problem_id for verdict in inputs.rows(GoldVerdict) if not verdict.accepted}
    return [problem for problem in inputs.rows(Problem) if problem.problem_id not in rejected]


def _chosen(problems: Iterable[Problem], settings: CandidateSettings) -> list[Problem]:
    """The problems that are sampled for, in the order of candidates' keys."""
    chosen = choose_problems(
        problems,
        settings.families,
        settings.number,
        "drawn",
        settings.seed,
        what="problems to sample for",
        remedy="lower reasoning.candidates.number",
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
def _opened_reward(models: Models, settings: VerifiedCandidateSettings) -> Iterator[Reward]:
    """What rewards samples where it is no verifier, opened once for all of them."""
    from generation.scoring.outcomes import OutcomeScorer

    if settings.scores is not None:
        judge = models["judge"]
        with judge.completer() as complete:
            answers = answers_of(complete, judge.thought_marks)
            yield by_judge(answers, complete.backend.fingerprint, settings.scores)
    else:
        model = models["reward_model"]
        with alone("a reward model"), closing(OutcomeScorer(model.folder, model.base_folder)) as scorer:
            yield by_reward_model(scorer)
