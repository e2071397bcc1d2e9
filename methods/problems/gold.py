"""Gold solutions: the few training problems whose written solutions a policy starts from."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, GoldVerdict
from datasets_registry.settings import Settings
from methods.verifiers.contract import Kind, Verify, rejected
from methods.verifiers.final_answer import final_answers


def gold_verdicts(problems: Sequence[Problem], verify: Verify, kind: Kind) -> list[GoldVerdict]:
    """The verdict on each problem's own gold answer; one that cannot be shown is not accepted."""
    return [_verdict(one, gold_completion(one, kind), verify) for one in problems]


def _verdict(problem: Problem, shown: str | None, verify: Verify) -> GoldVerdict:
    verdict = rejected("no written solution") if shown is None else verify(shown, problem.answer)
    return GoldVerdict(
        problem_id=problem.problem_id,
        answer=problem.answer,
        completion=shown,
        accepted=verdict.accepted,
        extracted=verdict.extracted,
        reason=verdict.reason,
    )


def gold_completion(problem: Problem, kind: Kind) -> str | None:
    """The completion that must be accepted: the written solution, or the answer as the kind expects it.

    A solution of mathematics that ends without its answer shows nothing. None where the kind needs a
    written solution and there is none.
    """
    if kind in ("code", "format"):
        return problem.solution
    if kind == "exact":
        return problem.answer
    if kind == "maths" and problem.solution and final_answers(problem.solution).answer is not None:
        return problem.solution
    return f"Answer: {problem.answer}"


def choose_problems(
    problems: Iterable[Problem],
    families: tuple[str, ...],
    number: int | None,
    *draw: object,
    what: str,
    remedy: str,
) -> list[Problem]:
    """``number`` training problems of ``families``, in the order of the draw; None takes all.

    Asking for more keeps those there are. Raises BadInput, in the words ``what`` and ``remedy``, where there
    are fewer than wanted.
    """
    found = {
        one.problem_id: one
        for one in problems
        if one.split == "train" and (not families or one.family in families)
    }
    wanted = len(found) if number is None else number
    if len(found) < max(wanted, 1):
        raise BadInput(
            f"{wanted} {what} are wanted and {len(found)} training problems of the families "
            f"{list(families) or 'given'} can be used: {remedy}, or add problems"
        )
    return [found[one] for one in ranked(list(found), *draw)[:wanted]]


class GoldSettings(Settings):
    """How many gold solutions are used, drawn by content (None takes all), and of which families."""

    number: int | None = Field(None, ge=1)
    families: tuple[str, ...] = ()
    seed: int = 0


def gold_solutions(problems: Sequence[Problem], settings: GoldSettings) -> list[GoldSolution]:
    """Training problems with their solutions; asking for more keeps those there are.

    Raises BadInput where there are fewer solutions than wanted.
    """
    solved = (one for one in problems if one.solution)
    chosen = choose_problems(
        solved,
        settings.families,
        settings.number,
        "gold",
        settings.seed,
        what="gold solutions",
        remedy="lower gold.number",
    )
    return [_row(one) for one in chosen]


def _row(one: Problem) -> GoldSolution:
    assert one.solution is not None
    return GoldSolution(
        problem_id=one.problem_id,
        prompt=one.prompt,
        completion=one.solution,
        family=one.family,
        difficulty=one.difficulty,
        split_group=one.split_group,
    )
