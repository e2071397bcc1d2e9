"""Rewards of samples: by the verifier, by a judge, or by an outcome reward model."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from datasets_registry.rows.imported import Problem
from generation.completer import Completer
from generation.request import Completion, Message
from generation.scoring.outcomes import Answered
from methods.judging.score import Scored, ScoreSettings, score_completions
from methods.verifiers.contract import Verification

# the prompt templates that a judge's reward fills
JUDGE_TEMPLATES = ("score", "score_helpfulness")


@dataclass(frozen=True, slots=True)
class Sample:
    """A completion for a problem, the verifier's verdict on it, and the path of its equations."""

    completion: Completion
    verdict: Verification | None
    path: str | None
    key: str


# the score of each sample, or None where it has none
Reward = Callable[[Sequence[tuple[Problem, Sample]]], Sequence[float | None]]


def by_verifier(samples: Sequence[tuple[Problem, Sample]]) -> list[float | None]:
    """1 for an accepted sample, 0 for a rejected one, None for one that failed."""
    return [None if sample.verdict is None else float(sample.verdict.accepted) for _, sample in samples]


def by_judge(open_judge: Callable[[], AbstractContextManager[Completer]], settings: ScoreSettings) -> Reward:
    """Each sample's helpfulness as scored by a judge; None where the score could not be read."""

    def reward(samples: Sequence[tuple[Problem, Sample]]) -> list[float | None]:
        scored = [
            Scored((Message(role="user", content=problem.prompt),), sample.completion.text, "helpfulness")
            for problem, sample in samples
        ]
        with open_judge() as complete:
            scores = score_completions("scores", scored, complete, complete.backend.fingerprint, settings)
        return [score.score for score in scores]

    return reward


class Scorer(Protocol):
    """A reward model that scores whole answers; None beyond its window."""

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer."""
        ...


def by_reward_model(scorer: Scorer) -> Reward:
    """Each sample's score, which orders the samples of one problem; None for one that failed."""

    def reward(samples: Sequence[tuple[Problem, Sample]]) -> list[float | None]:
        finished = [index for index, (_, sample) in enumerate(samples) if sample.verdict is not None]
        answers = [_answered(*samples[index]) for index in finished]
        rewards: list[float | None] = [None] * len(samples)
        for index, score in zip(finished, scorer.scores(answers) if answers else [], strict=True):
            rewards[index] = score
        return rewards

    return reward


def _answered(problem: Problem, sample: Sample) -> Answered:
    return Answered((Message(role="user", content=problem.prompt),), sample.completion.text)
