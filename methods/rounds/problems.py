"""The problems of a round of rejection sampling."""

from pydantic import Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rounds.prompts import RoundProblem
from methods.method import Inputs, Method, Models
from methods.rounds.slices import SliceSettings, slice_of, training_side


class RoundProblemSettings(SliceSettings):
    """How many training problems a round asks, of which families; no family takes all."""

    problems: int | None = Field(None, ge=1)
    families: tuple[str, ...] = ()


def make_round_problems(inputs: Inputs, models: Models, settings: RoundProblemSettings) -> list[RoundProblem]:
    """The training problems of the round; raises BadInput where there are too few."""
    problems = training_side(inputs.rows(Problem), "problems of rounds")
    usable = [problem for problem in problems if not settings.families or problem.family in settings.families]
    what = f"problems of {', '.join(settings.families) or 'all families'}"
    chosen = slice_of(usable, settings.problems, settings, lambda problem: problem.problem_id, what)
    return [RoundProblem(**dict(problem), round=settings.round) for problem in chosen]


ROUND_PROBLEMS = Method(make_round_problems, RoundProblemSettings, RoundProblem)
