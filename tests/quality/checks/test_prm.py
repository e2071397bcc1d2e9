"""Checks of process rewards: each on its planted fault, and what the methods make passes them."""

from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.version import Derivation
from methods.prm.settings import StepRolloutSettings
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.methods.simulated_completer import Run, completer, solution
from tests.quality.checks.good_rows import UNPROBED, Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (Solution, "no_empty_text", [make(Solution, answer=" ")]),
    *((row, "no_evaluation_problem", [make(row, split_group="held")]) for row in (Solution, StepLabels)),
    (Solution, "steps_give_completion", [make(Solution, separator=" ")]),
    (Solution, "no_blank_step", [make(Solution, completion="a\n \nb", completions=["a", " ", "b"])]),
    (Solution, "merged_step_share", [make(Solution, completions=["1 + 1 = 2, 2 + 2 = 5", "Answer: 5"])]),
    (Solution, "truncated_has_failure", [make(Solution, finish_reason="length")]),
    (Solution, "failed_share", [make(Solution, failure="truncated")]),
    (StepRollout, "verdict_unless_error", [make(StepRollout, finish_reason="error")]),
    (StepRollout, "no_truncated_accepted", [make(StepRollout, finish_reason="length")]),
    (StepRollout, "samples_follow", [make(StepRollout), make(StepRollout, sample=2)]),
    (StepRollout, "steps_of_solutions", [make(StepRollout, step=3)]),
    (StepRollout, "steps_of_solutions", [make(StepRollout, solution_id="s3")]),
    (StepRollout, "accepted_share", [make(StepRollout)]),
    (StepRollout, "parse_rate", [make(StepRollout, accepted=False, extracted=None)]),
    (StepRollout, "truncated_share", [make(StepRollout, accepted=False, finish_reason="length")]),
    (StepRollout, "failed_share", [make(StepRollout, accepted=None, finish_reason="error")]),
    (StepLabels, "lists_agree", [make(StepLabels, implied=[None, None])]),
    (StepLabels, "unprobed_is_null", [make(StepLabels, probed=[True, False, True])]),
    (StepLabels, "unprobed_is_null", [make(StepLabels, implied=[True, None, None])]),
    (StepLabels, "label_recomputed", [make(StepLabels, soft=[0.5, 0.0, 0.0])]),
    (StepLabels, "label_recomputed", [make(StepLabels, labels=[True, True, False])]),
    (StepLabels, "interval_holds_share", [make(StepLabels, high=[0.9, 0.8, 0.0])]),
    (StepLabels, "counts_recomputed", [make(StepLabels, num_rollouts=[2, 1, 1])]),
    (StepLabels, "counts_recomputed", [UNPROBED]),
    (StepLabels, "last_step_is_outcome", [make(StepLabels, accepted=True)]),
    (StepLabels, "first_error_follows", [make(StepLabels, first_error=3)]),
    (StepLabels, "first_error_follows", [make(StepLabels, first_error=None)]),
    (StepLabels, "decided_share", [make(StepLabels, first_error=None)]),
    (StepLabels, "right_after_wrong_share", [make(StepLabels, labels=[False, True, False])]),
    (StepLabels, "distinct_labels", [make(StepLabels, labels=[False, False, False])]),
    (StepLabels, "right_share", [make(StepLabels)]),
    (
        StepLabels,
        "right_share_by_step",
        [make(StepLabels, solution_id=f"s{place}") for place in range(20)],
    ),
    (StepLabels, "confirmed_share", [make(StepLabels, confirmed=False)]),
    (StepLabels, "consensus_share", [make(StepLabels, consensus=False)]),
    (StepLabels, "share_of_exhaustive_tokens", [make(StepLabels, num_tokens=97)]),
]
SETTINGS: list[dict[str, Any]] = [
    {},
    {"method": "exhaustive", "skip_accepted": False, "early_stop": "none", "threshold": 0.3},
    {"method": "linear", "skip_accepted": False, "early_stop": "first_success", "threshold": 0},
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


@pytest.mark.parametrize("fields", SETTINGS, ids=str)
def test_the_checks_find_what_the_labels_say(fields: dict[str, Any], registry: Registry) -> None:
    settings = StepRolloutSettings.model_validate(fields)
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
        errors = [check for check in checks_of(made.name) if check.severity == "error"]
        results = [run_check(check, registry, made, inputs) for check in errors]
        assert [result.description for result in results if not result.passed] == []
