"""Checks of held-out answers, each on its planted fault."""

import pytest

from datasets_registry.rows.evaluation import EvaluationAnswer, GateResult
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (EvaluationAnswer, "prompt_equals_source", [make(EvaluationAnswer, "held", prompt="other")]),
    (EvaluationAnswer, "no_training_prompt", [make(EvaluationAnswer, "h1")]),
    (GateResult, "gates_passed", [make(GateResult), make(GateResult, gate="other", passed=False, why="0.1")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
