"""The problems of a round of rejection sampling, or of amplification."""

from pydantic import Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rounds.prompts import RoundProblem
from methods.method import Inputs, Method, Models
from methods.rounds.slices import SliceSettings, slice_of, training_side


class RoundProblemSettings(SliceSettings):
    """How many training problems a round asks, of which families and difficulties; none named takes all."""

    problems: int | None = Field(None, ge=1)
    families: tuple[str, ...] = ()
    difficulties: tuple[int, ...] = Field((), exclude_if=lambda value: not value)

    def asks(self, problem: Problem) -> bool:
        """Whether a round may ask the problem."""
        of_family = not self.families or problem.family in self.families
        return of_family and (not self.difficulties or problem.difficulty in self.difficulties)


def make_round_problems(inputs: Inputs, models: Models, settings: RoundProblemSettings) -> list[RoundProblem]:
    """The training problems of the round; raises BadInput where there are too few."""
    problems = training_side(inputs.rows(Problem), "problems of rounds")
    usable = list(filter(settings.asks, problems))
    of_difficulties = f" of difficulties {list(settings.difficulties)}" if settings.difficulties else ""
    what = f"problems of {', '.join(settings.families) or 'all families'}{of_difficulties}"
    chosen = slice_of(usable, settings.problems, settings, lambda problem: problem.problem_id, what)
    return [RoundProblem(**dict(problem), round=settings.round) for problem in chosen]


ROUND_PROBLEMS = Method(make_round_problems, RoundProblemSettings, RoundProblem)
