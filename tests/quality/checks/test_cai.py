"""Checks of constitutional AI, each on its planted fault."""

import pytest

from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAULTS: list[Fault] = [
    (RevisionStep, "no_empty_text", [make(RevisionStep, revision=" ")]),
    (RevisionStep, "prompt_equals_source", [make(RevisionStep, prompt="prompt")]),
    (RevisionStep, "no_evaluation_prompt", [make(RevisionStep, "held")]),
    (RevisionStep, "steps_follow", [make(RevisionStep), make(RevisionStep, step=2)]),
    (RevisionStep, "change_recomputed", [make(RevisionStep, changed=False)]),
    (RevisionStep, "revisions_change", [make(RevisionStep, changed=False)]),
    (RevisionStep, "controls_stay", [make(RevisionStep, "h1", kind="helpful")]),
    (RevisionStep, "harmlessness_gain", [make(RevisionStep, harmlessness=2.0)]),
    (HelpfulAnswer, "no_empty_text", [make(HelpfulAnswer, "h1", completion="")]),
    (HelpfulAnswer, "prompt_equals_source", [make(HelpfulAnswer, "unknown")]),
    (HelpfulAnswer, "no_evaluation_prompt", [make(HelpfulAnswer, "held too")]),
    (SftExample, "no_empty_text", [make(SftExample, completion="\t")]),
    (SftExample, "prompt_equals_source", [make(SftExample, prompt="prompt p1 ")]),
    (SftExample, "no_evaluation_prompt", [make(SftExample, split_group="held")]),
    (SftExample, "no_truncated_completion", [make(SftExample, "h1", completion_key="cut")]),
    (SftExample, "revision_share", [make(SftExample, "h1")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
