"""Checks of amplification, each on its planted fault."""

from collections.abc import Sequence

import pytest

from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel, Vote
from datasets_registry.version import Version
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.methods.oversight.oversight_rows import LEAF, SPLIT
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red, version_of
from tests.rows import make

TOP, PART = make(AmplifiedAnswer, **SPLIT), make(AmplifiedAnswer, **LEAF)
OUTVOTED = [Vote(answer=answer, failure=None, completion_key="k") for answer in ("4", "2", "2")]
UNSURE = {"share": 0.5, "votes": OUTVOTED[:2], "least_share": 0.5}
FAULTS: list[Fault] = [
    (AmplifiedAnswer, "no_evaluation_problem", [make(AmplifiedAnswer, "held")]),
    (AmplifiedAnswer, "one_root", [PART]),
    (AmplifiedAnswer, "parents_stand", [PART]),
    (AmplifiedAnswer, "parents_stand", [TOP, make(AmplifiedAnswer, **LEAF | {"depth": 2})]),
    (AmplifiedAnswer, "no_cycle", [TOP, make(AmplifiedAnswer, **LEAF | {"question": "p1"})]),
    (AmplifiedAnswer, "no_cycle", [make(AmplifiedAnswer, **LEAF | {"parent_id": "n2"})]),
    (AmplifiedAnswer, "failure_is_no_answer", [make(AmplifiedAnswer, failure="down")]),
    (AmplifiedAnswer, "failure_is_no_answer", [make(AmplifiedAnswer, answer=None)]),
    (AmplifiedAnswer, "votes_recounted", [make(AmplifiedAnswer, share=0.5)]),
    (AmplifiedAnswer, "votes_recounted", [make(AmplifiedAnswer, share=None)]),
    (AmplifiedAnswer, "votes_recounted", [make(AmplifiedAnswer, share=1 / 3, votes=OUTVOTED)]),
    (AmplifiedAnswer, "least_share_recomputed", [TOP]),
    (AmplifiedAnswer, "least_share_recomputed", [TOP, make(AmplifiedAnswer, **LEAF | UNSURE)]),
    (AmplifiedAnswer, "least_share_recomputed", [TOP, make(AmplifiedAnswer, **LEAF | {"answer": None})]),
    (AmplifiedAnswer, "answered_share", [make(AmplifiedAnswer, answer=None, failure="down")]),
    (AmplifiedLabel, "no_empty_text", [make(AmplifiedLabel, completion=" ")]),
    (AmplifiedLabel, "no_evaluation_problem", [make(AmplifiedLabel, split_group="held")]),
    (AmplifiedLabel, "prompt_equals_source", [make(AmplifiedLabel, prompt="4:2?")]),
    (AmplifiedLabel, "label_is_the_root", [make(AmplifiedLabel, completion="A:2")]),
    (AmplifiedLabel, "label_is_the_root", [make(AmplifiedLabel, agrees=False)]),
    (AmplifiedLabel, "label_is_the_root", [make(AmplifiedLabel, "never amplified")]),
    (AmplifiedLabel, "least_share_kept", [make(AmplifiedLabel, least_share=0.7)]),
    (AmplifiedLabel, "gain_over_direct", [make(AmplifiedLabel, policy="another")]),
    (AmplifiedLabel, "yield_share", []),
    (AmplifiedLabel, "gold_agreement", [make(AmplifiedLabel, agrees=False)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


@pytest.mark.parametrize(
    ("pairs", "num_groups", "passes"),
    [
        ([(True, False)] * 8, 8, True),
        # one problem proves nothing, nor do as many losses as gains, nor what was right before
        ([(True, False)], 1, False),
        ([(True, False)] * 8 + [(False, True)] * 8, 16, False),
        ([(True, True)] * 40, 40, False),
        ([(True, False)] * 3 + [(True, True)] * 90, 93, False),
        # one sum in eight orders proves as little as one problem
        ([(True, False)] * 8, 1, False),
    ],
)
def test_labels_wait_for_amplified_answers_that_are_surely_better_than_direct_ones(
    pairs: Sequence[tuple[bool, bool]], num_groups: int, passes: bool, good: Good
) -> None:
    registry, versions = good
    rows = [
        make(
            AmplifiedAnswer,
            f"r{number}",
            correct=correct,
            direct_correct=direct,
            split_group=f"g{number % num_groups}",
        )
        for number, (correct, direct) in enumerate(pairs)
    ]
    answers: Version = version_of(registry, AmplifiedAnswer, rows)
    (check,) = [check for check in checks_of("amplified_labels") if check.name == "gain_over_direct"]
    result = run_check(check, registry, versions[AmplifiedLabel], [answers])
    assert result.passed is passes and check.severity == "error"
