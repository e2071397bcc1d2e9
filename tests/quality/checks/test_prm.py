"""What the methods of process rewards make passes the checks that recompute it."""

from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.version import Derivation
from methods.prm.settings import StepSettings
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.methods.simulated_completer import Run, completer, solution
from tests.rows import make

WAYS: list[dict[str, Any]] = [
    {},
    {"method": "exhaustive", "skip_accepted": False, "early_stop": "none", "threshold": 0.3},
    {"method": "linear", "skip_accepted": False, "early_stop": "first_success", "threshold": 0},
]


@pytest.mark.parametrize("fields", WAYS, ids=str)
def test_the_checks_find_what_the_labels_say(fields: dict[str, Any], registry: Registry) -> None:
    settings = StepSettings.model_validate(fields)
    solutions = [solution(error, problem=name) for name in ("p1", "p2") for error in range(9)]
    solutions.append(solution(1, 3, failure="truncated", finish_reason="length"))
    run = Run(solutions, settings, completer(right=0.5, wrong=0.05))
    how = Derivation(code_version="1", settings=settings.model_dump(mode="json"), inputs=())
    inputs = [
        registry.record_checks(registry.commit(row, rows, how), [])
        for row, rows in (
            (Problem, [make(Problem), make(Problem, "p2")]),
            (Solution, solutions),
            (StepRollout, run.rollouts),
        )
    ]
    version = registry.commit(StepLabels, run.labels, how)
    for made in (*inputs[1:], version):
        errors = [one for one in checks_of(made.name) if one.severity == "error"]
        results = [run_check(one, registry, made, inputs) for one in errors]
        assert [one.description for one in results if not one.passed] == []
