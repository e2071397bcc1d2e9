"""Checks of scalable oversight, each on its planted fault."""

from typing import Any

import pytest

from datasets_registry.rows.oversight.debates import Debate, Quote
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from tests.methods.oversight.oversight_rows import CHAINS, OWN, SWAPPED, turn
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

ONE_SIDED = [make(OversightQuestion, question_id=f"q{number}") for number in range(40)]
OWN_FIGURE = make(OversightFigure, part="self_consistency")
# a tie that keeps its losing answer
HALF_TIED: dict[str, Any] = {"label": "tie", "chosen": None, "rejected": "Jon Pike", "agrees": None}
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
    (Debate, "both_seatings", [make(Debate)]),
    (Debate, "void_is_no_label", [make(Debate, turns=[turn(flaw="concedes")])]),
    (Debate, "void_is_no_label", [make(Debate, verdict=None, p_a=None, p_first=None, credit=None)]),
    (Debate, "verdict_recomputed", [make(Debate, verdict="b", credit=0.0)]),
    (Debate, "verdict_recomputed", [make(Debate, credit=0.0)]),
    (Debate, "verdict_recomputed", [make(Debate, **SWAPPED | {"p_first": 0.7})]),
    (Debate, "verdict_recomputed", [make(Debate, gold="b", credit=0.0)]),
    (Debate, "verdict_recomputed", [make(Debate, verdict="tie", credit=0.5)]),
    (Debate, "verdict_recomputed", [make(Debate, credit=None)]),
    (Debate, "verdict_recomputed", [make(Debate, p_first=None)]),
    (Debate, "quotes_recomputed", [make(Debate, turns=[turn(quotes=[Quote(text="Jon", verified=True)])])]),
    (Debate, "tokens_matched", [make(Debate), make(Debate, **OWN | {"num_tokens": 19})]),
    (Debate, "judged_share", [make(Debate, verdict=None)]),
    (Debate, "first_seat_share", [make(Debate), make(Debate, swap=True)]),
    (OversightPreference, "prompt_equals_source", [make(OversightPreference, prompt="other")]),
    (OversightPreference, "no_evaluation_problem", [make(OversightPreference, "held")]),
    (OversightPreference, "label_recomputed", [make(OversightPreference, p_a=0.9)]),
    (OversightPreference, "label_recomputed", [make(OversightPreference, label="tie")]),
    (OversightPreference, "label_recomputed", [make(OversightPreference, p_a=None)]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, chosen="Jon Pike")]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, label="tie")]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, chosen=None)]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, agrees=None)]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, gold="b")]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, **HALF_TIED)]),
    (OversightPreference, "chosen_follows_label", [make(OversightPreference, question_id="unknown")]),
    (OversightPreference, "labelled_share", [make(OversightPreference, chosen=None)]),
    (OversightPreference, "gold_agreement", [make(OversightPreference, agrees=False)]),
    (OversightFigure, "accuracy_recomputed", [make(OversightFigure)]),
    (OversightFigure, "accuracy_recomputed", [make(OversightFigure, value=0.5), OWN_FIGURE]),
    (OversightFigure, "accuracy_recomputed", [make(OversightFigure, value=None), OWN_FIGURE]),
    (OversightFigure, "accuracy_recomputed", [make(OversightFigure, num_missing=1), OWN_FIGURE]),
    (OversightFigure, "values_in_interval", [make(OversightFigure, value=0.1)]),
    (OversightFigure, "values_in_interval", [make(OversightFigure, value=None)]),
    (OversightFigure, "flags_recomputed", [make(OversightFigure, flagged=True)]),
    (OversightFigure, "flags_recomputed", [make(OversightFigure, flagged=True, at_most=0.2)]),
    (OversightFigure, "flags_recomputed", [make(OversightFigure, at_most=0.1, num_groups=20)]),
    (OversightFigure, "flags_recomputed", [make(OversightFigure, flagged=True, at_most=0.1)]),
    (OversightFigure, "no_judge_found_out", [make(OversightFigure, flagged=True)]),
    (OversightFigure, "no_debater_found_out", [make(OversightFigure, flagged=True, role="debater")]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
