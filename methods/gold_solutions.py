"""Gold solutions: the few training problems whose written solutions a policy starts from."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution
from methods.problem_choice import choose_problems


class GoldSettings(BaseModel):
    """How many gold solutions are used, drawn by content (None takes all), and of which families."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int | None = Field(None, ge=1)
    families: tuple[str, ...] = ()
    seed: int = 0


def gold_solutions(problems: Sequence[Problem], settings: GoldSettings) -> list[GoldSolution]:
    """Training problems with their solutions; asking for more keeps those there are.

    Raises BadInput where there are fewer solutions than wanted.
    """
    solved = (one for one in problems if one.solution)
    chosen = choose_problems(
        solved, settings.families, settings.number, "gold", settings.seed, what="gold solutions",
        remedy="lower gold.number",
    )  # fmt: skip
    return [_row(one) for one in chosen]


def _row(one: Problem) -> GoldSolution:
    assert one.solution is not None
    return GoldSolution(
        problem_id=one.problem_id, prompt=one.prompt, completion=one.solution, family=one.family,
        difficulty=one.difficulty, split_group=one.split_group,
    )  # fmt: skip
