"""Checks of held-out answers, each on its planted fault."""

import pytest

from datasets_registry.rows.evaluation import EvaluationItem, GateResult, Grade, SuiteAnswer, SuiteFigure
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (EvaluationItem, "can_be_asked", [make(EvaluationItem, messages=[])]),
    (EvaluationItem, "can_be_asked", [make(EvaluationItem, choices=["a", "b"], gold=["c"])]),
    (SuiteAnswer, "answers_items", [make(SuiteAnswer, "another")]),
    (SuiteAnswer, "missing_answers", [make(SuiteAnswer, failure="truncated")]),
    (
        SuiteAnswer,
        "missing_grades",
        [make(SuiteAnswer, grades=[Grade(name="score", value=None, failure="error: gone")])],
    ),
    (SuiteFigure, "within_interval", [make(SuiteFigure, low=0.6, high=0.4)]),
    (SuiteFigure, "within_interval", [make(SuiteFigure, value=None, low=0.4, high=0.6)]),
    (GateResult, "gates_passed", [make(GateResult), make(GateResult, gate="other", passed=False, why="0.1")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
