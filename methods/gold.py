"""Whether a verifier accepts the gold answers it shall compare with: if not, either is wrong."""

from collections.abc import Sequence

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldVerdict
from methods.final_answer import final_answers
from methods.verification import Kind, Verify, rejected


def gold_verdicts(problems: Sequence[Problem], verify: Verify, kind: Kind) -> list[GoldVerdict]:
    """The verdict on each problem's own gold answer; one that cannot be shown is not accepted."""
    return [_verdict(one, gold_completion(one, kind), verify) for one in problems]


def _verdict(problem: Problem, shown: str | None, verify: Verify) -> GoldVerdict:
    verdict = rejected("no written solution") if shown is None else verify(shown, problem.answer)
    return GoldVerdict(
        problem_id=problem.problem_id, answer=problem.answer, completion=shown, accepted=verdict.accepted,
        extracted=verdict.extracted, reason=verdict.reason,
    )  # fmt: skip


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
