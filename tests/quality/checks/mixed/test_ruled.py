"""Checks of completions that rules select, and of their control, each on its planted fault."""

import pytest

from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    *(
        fault
        for row in (RuleSelection, RuleControl)
        for fault in (
            (row, "no_empty_text", [make(row, completion=" ")]),
            (row, "prompt_equals_source", [make(row, prompt="other")]),
            (row, "no_evaluation_prompt", [make(row, split_group="held")]),
        )
    ),
    (RuleSelection, "keeps_every_rule", [make(RuleSelection, kept=[])]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
