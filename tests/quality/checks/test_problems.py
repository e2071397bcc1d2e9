"""Checks of problems and gold solutions, each on its planted fault."""

import pytest

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, GoldVerdict
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (Problem, "no_empty_text", [make(Problem, answer=" ")]),
    (
        Problem,
        "splits_apart",
        [make(Problem), make(Problem, "x", split="evaluation", split_group="p1")],
    ),
    (Problem, "solution_gives_answer", [make(Problem, solution="A:5", steps=["A:5"])]),
    (
        Problem,
        "no_problem_in_both_splits",
        [make(Problem), make(Problem, "x", prompt="Prompt p1", split="evaluation")],
    ),
    (
        Problem,
        "contaminated_share",
        [make(Problem), make(Problem, "x", prompt="prompt: p1!", split="evaluation")],
    ),
    (GoldVerdict, "gold_accepted", [make(GoldVerdict, accepted=False, reason="no final answer")]),
    (GoldVerdict, "gold_rejected", [make(GoldVerdict, accepted=False, reason="no final answer")]),
    (GoldSolution, "no_empty_text", [make(GoldSolution, completion=" ")]),
    (GoldSolution, "no_evaluation_problem", [make(GoldSolution, "held")]),
    (GoldSolution, "prompt_equals_source", [make(GoldSolution, prompt="prompt p1\n\nThe answer is 4.")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
