"""Checks of rounds, each on its planted fault."""

import pytest

from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.failures import FeedbackFigure, RedTeamFailure
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.prompts import RoundProblem, RoundPrompt
from datasets_registry.rows.rounds.revisions import FailureRevision
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (RoundPrompt, "no_empty_text", [make(RoundPrompt, prompt=" ")]),
    (RoundPrompt, "no_evaluation_prompt", [make(RoundPrompt, "held")]),
    (RoundPrompt, "prompt_equals_source", [make(RoundPrompt, prompt="prompt p")]),
    (
        RoundPrompt,
        "variants_stay_in_their_group",
        [make(RoundPrompt, "v1", origin="variant", parent_id="p1", split_group="v1")],
    ),
    (RoundPrompt, "fed_in_equal_number", [make(RoundPrompt, origin="failure")]),
    (RoundPrompt, "fed_share", [make(RoundPrompt, origin="failure")]),
    (RoundProblem, "no_evaluation_problem", [make(RoundProblem, "held")]),
    (RoundProblem, "prompt_equals_source", [make(RoundProblem, prompt="prompt p")]),
    (RedTeamFailure, "no_evaluation_prompt", [make(RedTeamFailure, "held")]),
    (RedTeamFailure, "failed_recomputed", [make(RedTeamFailure, refused="full")]),
    (RedTeamFailure, "never_fed_stay_unfed", [make(RedTeamFailure, part="never_fed")]),
    (
        RedTeamFailure,
        "unknown_share",
        [make(RedTeamFailure, failed=None, failure_kind=None, refused=None, failure="judge: none")],
    ),
    (FailureRevision, "no_empty_text", [make(FailureRevision, revision="")]),
    (FailureRevision, "no_evaluation_prompt", [make(FailureRevision, "held")]),
    (FailureRevision, "revises_failures", [make(FailureRevision, "u1")]),
    (FailureRevision, "revisions_change", [make(FailureRevision, changed=False)]),
    (FeedbackFigure, "within_interval", [make(FeedbackFigure, value=0.4)]),
    (FeedbackFigure, "fed_not_learned_by_heart", [make(FeedbackFigure, value=-0.2, low=-0.3, high=-0.1)]),
    (Divergence, "likelihoods_are_whole", [make(Divergence, logp=None)]),
    (Divergence, "likelihoods_are_whole", [make(Divergence, failure="empty")]),
    (Divergence, "likelihoods_are_whole", [make(Divergence, reference_logp=0.5)]),
    (Divergence, "unmeasured_share", [make(Divergence, logp=None, failure="empty")]),
    (PooledSelection, "no_empty_text", [make(PooledSelection, completion="")]),
    (PooledSelection, "no_evaluation_problem", [make(PooledSelection, "held")]),
    (PooledSelection, "prompt_equals_source", [make(PooledSelection, prompt="prompt p")]),
    (PooledSelection, "was_selected", [make(PooledSelection, completion="2+2=5\nA:5")]),
    (PooledSelection, "no_duplicates", [make(PooledSelection), make(PooledSelection, rank=2)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


@pytest.mark.parametrize(
    "ungraded",
    [
        make(RedTeamFailure, failed=None, failure_kind=None, refused=None),
        make(RedTeamFailure, failure="judge: nothing"),
        make(RedTeamFailure, kind="helpful", refused="none"),
        make(RedTeamFailure, failed=False),
    ],
    ids=["no reason", "a reason too many", "a benign prompt that is answered", "a kind without a failure"],
)
def test_a_label_that_the_grade_does_not_give_is_red(ungraded: RedTeamFailure, good: Good) -> None:
    require_red((RedTeamFailure, "failed_recomputed", [ungraded]), good)
