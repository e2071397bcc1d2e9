"""Gold verdicts: whether the verifier accepts each problem's own gold answer."""

from collections.abc import Sequence

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldVerdict
from methods.method import Inputs, Method, Models
from methods.verifiers.contract import PLUGGED, Kind, VerifierSettings, Verify, rejected
from methods.verifiers.maths.final_answer import final_answers
from methods.verifiers.verifier import verifier


def make_gold_verdicts(inputs: Inputs, models: Models, settings: VerifierSettings) -> list[GoldVerdict]:
    """The verdict on the gold answer of each of the ``problems``."""
    return gold_verdicts(inputs.rows(Problem), verifier(settings), settings.kind)


def gold_verdicts(problems: Sequence[Problem], verify: Verify, kind: Kind) -> list[GoldVerdict]:
    """The verdict on each problem's own gold answer; one that cannot be written out is rejected."""
    return [
        _verdict(problem, gold_completion(problem.answer, problem.solution, kind), verify)
        for problem in problems
    ]


def _verdict(problem: Problem, completion: str | None, verify: Verify) -> GoldVerdict:
    verdict = rejected("no written solution") if completion is None else verify(completion, problem.answer)
    return GoldVerdict(
        problem_id=problem.problem_id,
        answer=problem.answer,
        completion=completion,
        accepted=verdict.accepted,
        extracted=verdict.extracted,
        reason=verdict.reason,
    )


def gold_completion(answer: str, solution: str | None, kind: Kind) -> str | None:
    """The completion that must be accepted: the written solution, or the answer in the form of the kind.

    A solution of mathematics that does not end with its answer is not used. None where the kind needs a
    written solution and there is none.
    """
    if kind in ("code", "format"):
        return solution
    if kind == "exact":
        return answer
    if kind == PLUGGED and solution:
        return solution
    if kind == "maths" and solution and final_answers(solution).answer is not None:
        return solution
    return f"Answer: {answer}"


GOLD_VERDICTS = Method(make_gold_verdicts, VerifierSettings, GoldVerdict)
