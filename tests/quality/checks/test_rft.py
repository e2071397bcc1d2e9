"""Checks of rejection sampling and of rollouts, each on its planted fault."""

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.rft import Candidate, RftControl, RftSelection, VerifiedPair
from datasets_registry.rows.rounds.rollouts import Rollout, RolloutPair
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red, version_of
from tests.rows import make

OF_PROBLEMS = (Candidate, RftSelection, RftControl, VerifiedPair)
FAULTS: list[Fault] = [
    *((row, "no_evaluation_problem", [make(row, "held")]) for row in OF_PROBLEMS),
    *(
        (row, "prompt_equals_source", [make(row, prompt="prompt p1\n\nThe answer is 4.")])
        for row in OF_PROBLEMS
    ),
    (Candidate, "verdict_or_reason", [make(Candidate, accepted=False)]),
    (Candidate, "no_truncated_accepted", [make(Candidate, finish_reason="length")]),
    (Candidate, "counts_recomputed", [make(Candidate, num_draws=2)]),
    (
        Candidate,
        "acceptance_by_difficulty",
        [make(Candidate, sample=place, accepted=False) for place in range(20)],
    ),
    (Candidate, "acceptance", [make(Candidate, sample=place) for place in range(20)]),
    (Candidate, "failed_share", [make(Candidate, finish_reason="length", accepted=False)]),
    (RftSelection, "no_empty_text", [make(RftSelection, completion="")]),
    (RftSelection, "only_accepted", [make(RftSelection, completion="2+2=5\nA:5", completion_key="w")]),
    (
        RftSelection,
        "distinct_paths",
        [make(RftSelection), make(RftSelection, rank=2, completion="2 + 2 = 4")],
    ),
    (RftSelection, "no_duplicates", [make(RftSelection), make(RftSelection, rank=2, path=None)]),
    (
        RftSelection,
        "hint_stripped",
        [make(RftSelection, kind="rationalised", completion="Given that the answer is 4: 2+2=4")],
    ),
    (RftSelection, "easy_share", [make(RftSelection, pass_rate=1.0)]),
    (RftControl, "no_empty_text", [make(RftControl, completion="")]),
    (RftControl, "finished", [make(RftControl, completion_key="cut")]),
    (VerifiedPair, "chosen_is_right", [make(VerifiedPair, chosen_key="w", rejected_key="k")]),
    (VerifiedPair, "no_empty_text", [make(VerifiedPair, chosen="2+2=5\nA:5")]),
    (VerifiedPair, "longer_chosen_share", [make(VerifiedPair, num_tokens_chosen=11)]),
    (Rollout, "whole_steps", [make(Rollout), make(Rollout, step=3)]),
    (RolloutPair, "pair_or_reason", [make(RolloutPair, score_rejected=2.0)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


@pytest.mark.parametrize("row", [RftSelection, VerifiedPair])
def test_no_rows_are_explained_by_the_verdicts_on_samples(
    row: type[RftSelection | VerifiedPair], registry: Registry
) -> None:
    reasons = (
        [("truncated", None)] * 35 + [(f"5 is not {gold}", "5") for gold in range(4)] + [("no number", None)]
    )
    samples = [
        make(Candidate, sample=place, accepted=False, reason=reason, extracted=extracted, num_tokens=96)
        for place, (reason, extracted) in enumerate(reasons)
    ]
    drawn = version_of(registry, Candidate, samples)
    (check,) = [check for check in checks_of(row.dataset) if check.name == "has_rows"]
    result = run_check(check, registry, version_of(registry, row, []), [drawn])
    assert result.description.endswith(
        "a dataset without rows: 0 of 40 candidates are accepted, 35 truncated at max_tokens 96, "
        "4 with another answer, 1 no number"
    )
    assert not run_check(check, registry, version_of(registry, row, [make(row)]), [drawn]).description.count(
        "candidates"
    )
