"""Gold solutions: written solutions of a few training problems, from which a policy starts."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.settings import Distinct, Seed, Settings
from methods.method import Inputs, Method, Models
from methods.problems.choosing import choose_problems


class GoldSettings(Settings):
    """How many gold solutions are used, selected by content (None takes all), and of which problems."""

    number: int | None = Field(None, ge=1)
    families: Annotated[tuple[str, ...], Distinct] = ()
    difficulties: Annotated[tuple[int, ...], Distinct] = Field(
        (),
        description="Such as how many numbers are added; all if not set",
        exclude_if=lambda value: not value,
    )
    seed: Seed = 0


def gold_solutions(problems: Sequence[Problem], settings: GoldSettings) -> list[GoldSolution]:
    """Training problems with their solutions; asking for more keeps the others.

    Raises BadInput where there are fewer solutions than requested.
    """
    solved = (
        problem
        for problem in problems
        if problem.solution and (not settings.difficulties or problem.difficulty in settings.difficulties)
    )
    chosen = choose_problems(
        solved,
        settings.families,
        settings.number,
        "gold",
        settings.seed,
        what="gold solutions",
        remedy="lower gold.number",
    )
    return [_row(problem) for problem in chosen]


def make_gold_solutions(inputs: Inputs, models: Models, settings: GoldSettings) -> list[GoldSolution]:
    """Written solutions of some of the ``problems``; raises BadInput where there are fewer than requested."""
    return gold_solutions(inputs.rows(Problem), settings)


def _row(problem: Problem) -> GoldSolution:
    assert problem.solution is not None
    return GoldSolution(
        problem_id=problem.problem_id,
        prompt=problem.prompt,
        completion=problem.solution,
        family=problem.family,
        difficulty=problem.difficulty,
        split_group=problem.split_group,
    )


GOLD_SOLUTIONS = Method(make_gold_solutions, GoldSettings, GoldSolution)
