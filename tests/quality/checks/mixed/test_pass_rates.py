"""Checks of pass rates and of banded problems, each on its planted fault."""

import pytest

from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (PromptPassRate, "no_evaluation_problem", [make(PromptPassRate, "held")]),
    (PromptPassRate, "prompt_equals_source", [make(PromptPassRate, prompt="other")]),
    (PromptPassRate, "counts_recomputed", [make(PromptPassRate, num_passed=2)]),
    (PromptPassRate, "within_interval", [make(PromptPassRate, pass_rate=0.95)]),
    (PromptPassRate, "kept_share", [make(PromptPassRate, place="too_hard")]),
    (BandedProblem, "no_evaluation_problem", [make(BandedProblem, "held")]),
    (BandedProblem, "prompt_equals_source", [make(BandedProblem, prompt="other")]),
    (BandedProblem, "within_band", [make(BandedProblem, pass_rate=0.9)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
