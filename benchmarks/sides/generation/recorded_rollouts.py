"""Rollouts of made-up solutions, whose verdicts hang on the text alone: what a killed run must go on with."""

from collections.abc import Sequence

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.prm import Solution
from generation.completer import Completer
from generation.request import SamplingParams
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from methods.verifiers.contract import Verification

STEPS = 6
SETTINGS = StepRolloutSettings(
    rollouts=SamplingParams(max_tokens=6), skip_accepted=False, num_rollouts=4, confirm=4
)


def draw(numbers: Sequence[int], complete: Completer) -> None:
    """Measure one wrong solution per number."""
    solutions = [_solution(number) for number in numbers]
    list(sample_rollouts(solutions, complete, complete.backend.fingerprint, "tiny", _verdict, SETTINGS))


def _verdict(completion: str, gold: str) -> Verification:
    accepted = derive_seed(completion) % 3 == 0
    return Verification(accepted, None, None if accepted else "by its hash")


def _solution(number: int) -> Solution:
    steps = [f"step {place} of {number}" for place in range(STEPS)]
    return Solution(
        solution_id=f"{number:08}",
        problem_id=f"{number:08}",
        prompt=f"Say something about {number}.",
        answer="",
        family=None,
        difficulty=None,
        split_group=f"{number:08}",
        completion="\n".join(steps),
        completions=steps,
        separator="\n",
        splitter="lines",
        accepted=False,
        reason="wrong",
        policy="tiny",
        pass_rate=0.5,
        finish_reason="stop",
        num_tokens=24,
        failure=None,
        completion_key=f"{number:064}",
    )
