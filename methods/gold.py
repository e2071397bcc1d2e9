"""Whether a verifier accepts the gold answers it shall compare with: if not, either is wrong."""

from collections.abc import Sequence

from datasets_registry.errors import BadInput
from datasets_registry.imported_schemas import Problem
from methods.verification import Kind, Verification, Verify


def gold_rejections(
    problems: Sequence[Problem], verify: Verify, kind: Kind
) -> list[tuple[Problem, Verification]]:
    """The problems whose gold answer the verifier does not accept, each with its verification.

    Raises BadInput for a problem whose kind needs a written solution and that has none.
    """
    found = []
    for problem in problems:
        verification = verify(gold_completion(problem, kind), problem.answer)
        if not verification.accepted:
            found.append((problem, verification))
    return found


def gold_accepted(problems: Sequence[Problem], verify: Verify, kind: Kind) -> list[str]:
    """Ids of the problems whose gold answer the verifier rejects; empty where all is well."""
    return [problem.problem_id for problem, _ in gold_rejections(problems, verify, kind)]


def gold_completion(problem: Problem, kind: Kind) -> str:
    """The completion that must be accepted: the written solution, or the answer as the kind expects it."""
    if kind in ("code", "format"):
        if problem.solution is None:
            raise BadInput(
                f"problem {problem.problem_id} has no solution to check its {kind} answer with; write one"
            )
        return problem.solution
    if kind == "exact":
        return problem.answer
    if kind == "maths" and problem.solution is not None:
        return problem.solution
    return f"Answer: {problem.answer}"
