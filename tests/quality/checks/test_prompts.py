"""Checks of the prompt sets, each on its planted fault."""

import pytest

from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (RedTeamPrompt, "no_empty_text", [make(RedTeamPrompt, prompt=" ")]),
    (HelpfulPrompt, "no_empty_text", [make(HelpfulPrompt, prompt="")]),
    *(
        (row, "splits_apart", [make(row), make(row, "x", split="evaluation", split_group="p1")])
        for row in (RedTeamPrompt, HelpfulPrompt)
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
