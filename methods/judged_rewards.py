"""Rewards of draws by a judge's direct score from 1 to 10."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from datasets_registry.rows.imported import Problem
from generation.completer import Completer
from generation.request import Message
from methods.candidates import Draw, Reward
from methods.score import Scored, ScoreSettings, score_completions


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
