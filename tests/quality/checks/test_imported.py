"""Checks of imported data, each on its planted fault."""

import pytest

from datasets_registry.rows.imported import (
    Demonstration,
    HumanPreference,
    StepwiseSupervision,
    UnpairedPreference,
)
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (HumanPreference, "no_empty_text", [make(HumanPreference, chosen="")]),
    (HumanPreference, "chosen_differs", [make(HumanPreference, chosen="two")]),
    (Demonstration, "no_empty_text", [make(Demonstration, completion="")]),
    (UnpairedPreference, "no_empty_text", [make(UnpairedPreference, completion="")]),
    (UnpairedPreference, "both_labels", [make(UnpairedPreference)]),
    (StepwiseSupervision, "no_empty_text", [make(StepwiseSupervision, prompt="")]),
    (StepwiseSupervision, "lists_agree", [make(StepwiseSupervision, completions=["one"])]),
    (StepwiseSupervision, "first_error_follows", [make(StepwiseSupervision, first_error=0)]),
    (StepwiseSupervision, "first_error_follows", [make(StepwiseSupervision, labels=[None, False])]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
