"""Checks of pairs that reward models label, each on its planted fault."""

import pytest

from datasets_registry.rows.scored.reward_pairs import RewardPair
from tests.methods.rounds.reward_pair_rows import NO_PAIR
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (RewardPair, "no_evaluation_prompt", [make(RewardPair, split_group="held too")]),
    (RewardPair, "prompt_equals_source", [make(RewardPair, prompt="other")]),
    (RewardPair, "pair_or_reason", [make(RewardPair, reward_rejected=1.0)]),
    (RewardPair, "pair_or_reason", [make(RewardPair, rejected="Good.")]),
    (RewardPair, "pair_or_reason", [make(RewardPair, label="tie")]),
    (RewardPair, "every_signal_scored", [make(RewardPair, scores_rejected=[])]),
    (RewardPair, "every_signal_scored", [make(RewardPair, rule="worst")]),
    (RewardPair, "pair_share", [make(RewardPair, label="tie", **NO_PAIR)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
