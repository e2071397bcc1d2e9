"""Checks of rounds, each on its planted fault."""

import pytest

from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.quality.rounds.watched import decided, watched

FAULTS: list[Fault] = [
    (RoundWatch, "says_why", [watched(outcome="unmeasured")]),
    (RoundWatch, "says_why", [watched(change=None)]),
    (RoundWatch, "says_why", [watched(note=" ")]),
    (Verdict, "healthy", [decided(verdict="stop_tax", weights_round=0, stopped_in=1)]),
    (Verdict, "nothing_warns", [decided(warnings=["entropy could not be measured"])]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
