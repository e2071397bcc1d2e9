"""Gold solutions: the few training problems whose written solutions a policy starts from."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.imported_schemas import Problem
from datasets_registry.rft_schemas import GoldSolution


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
    found = {
        one.problem_id: one
        for one in problems
        if one.split == "train"
        and one.solution
        and (not settings.families or one.family in settings.families)
    }
    wanted = len(found) if settings.number is None else settings.number
    if len(found) < max(wanted, 1):
        raise BadInput(
            f"{wanted} gold solutions are wanted and {len(found)} training problems of the families "
            f"{list(settings.families) or 'given'} have one: lower gold.number, or add problems"
        )
    return [_row(found[one]) for one in ranked(list(found), "gold", settings.seed)[:wanted]]


def _row(one: Problem) -> GoldSolution:
    assert one.solution is not None
    return GoldSolution(
        problem_id=one.problem_id, prompt=one.prompt, completion=one.solution, family=one.family,
        difficulty=one.difficulty, split_group=one.split_group,
    )  # fmt: skip
