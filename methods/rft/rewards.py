"""Rewards of draws by an outcome reward model."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from datasets_registry.rows.imported import Problem
from generation.completer import Completer
from generation.request import Message
from generation.scoring.outcomes import Answered
from methods.judging.score import Scored, ScoreSettings, score_completions
from methods.rft.candidates import Draw, Reward


def by_judge(open_judge: Callable[[], AbstractContextManager[Completer]], settings: ScoreSettings) -> Reward:
    """Each draw's helpfulness in a judge's eyes, or None where it could not be read."""

    def reward(draws: Sequence[tuple[Problem, Draw]]) -> list[float | None]:
        asked = [
            Scored((Message(role="user", content=problem.prompt),), draw.completion.text, "helpfulness")
            for problem, draw in draws
        ]
        with open_judge() as complete:
            found = score_completions("scores", asked, complete, complete.backend.fingerprint, settings)
        return [one.score for one in found]

    return reward


class Scorer(Protocol):
    """A reward model that scores whole answers; None beyond its window."""

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer."""
        ...


def by_reward_model(scorer: Scorer) -> Reward:
    """Each draw's score, which orders the draws of one problem; None for one that failed."""

    def reward(draws: Sequence[tuple[Problem, Draw]]) -> list[float | None]:
        whole = [place for place, (_, draw) in enumerate(draws) if draw.verdict is not None]
        asked = [_answered(*draws[place]) for place in whole]
        found: list[float | None] = [None] * len(draws)
        for place, score in zip(whole, scorer.scores(asked) if asked else [], strict=True):
            found[place] = score
        return found

    return reward


def _answered(problem: Problem, draw: Draw) -> Answered:
    return Answered((Message(role="user", content=problem.prompt),), draw.completion.text)
