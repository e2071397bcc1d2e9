"""Rewards of draws by a judge's direct score from 1 to 10."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from datasets_registry.imported_schemas import Problem
from generation.completer import Complete
from generation.request import Backend, Message
from methods.candidates import Draw, Reward
from methods.score import Scored, ScoreSettings, score_completions


class Judge(Protocol):
    """A model behind the ledger."""

    backend: Backend
    __call__: Complete


def by_judge(open_judge: Callable[[], AbstractContextManager[Judge]], settings: ScoreSettings) -> Reward:
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
