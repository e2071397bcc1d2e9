"""Checks of scalable oversight, each on its planted fault."""

import pytest

from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from tests.methods.oversight.oversight_rows import CHAINS
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

ONE_SIDED = [make(OversightQuestion, question_id=f"q{number}") for number in range(40)]
FAULTS: list[Fault] = [
    (PassageQuestion, "no_empty_text", [make(PassageQuestion, wrong_answer=" ")]),
    (PassageQuestion, "sentence_stands", [make(PassageQuestion, sentence="Its keeper was Mara.")]),
    (PassageQuestion, "answers_differ", [make(PassageQuestion, wrong_answer="mara  Holt")]),
    (OversightQuestion, "no_empty_text", [make(OversightQuestion, answer_b="")]),
    (OversightQuestion, "no_evaluation_problem", [make(OversightQuestion, "held")]),
    (OversightQuestion, "answers_oppose", [make(OversightQuestion, **CHAINS | {"end_b": "4"})]),
    (OversightQuestion, "gold_is_the_sources", [make(OversightQuestion, gold="b")]),
    (OversightQuestion, "gold_is_the_sources", [make(OversightQuestion, gold="b", **CHAINS)]),
    (OversightQuestion, "right_first_share", ONE_SIDED),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
