"""Checks of mixtures, each on its planted fault."""

import pytest

from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    *((row, "no_empty_text", [make(row, prompt=" ")]) for row in (MixedExample, MixedPair)),
    *(
        (row, "no_evaluation_prompt", [make(row, split_group="held too")])
        for row in (MixedExample, MixedPair)
    ),
    *((row, "no_evaluation_problem", [make(row, split_group="held")]) for row in (MixedExample, MixedPair)),
    *(
        (
            row,
            "shares_kept",
            [make(row), *(make(row, row_id=f"r{place}", source="stray") for place in (2, 3))],
        )
        for row in (MixedExample, MixedPair)
    ),
    (MixedPair, "chosen_differs", [make(MixedPair, chosen="two")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
