"""Checks of judges, each on its planted fault."""

from typing import Any

import pytest

from datasets_registry.rows.judge_benchmark import BenchmarkFigure, JudgeAnswer, JudgeItem
from datasets_registry.rows.judges import (
    CompletionScore,
    HumanAgreement,
    JudgeFigure,
    PrincipleFigure,
    SteeredVerdict,
)
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red
from tests.rows import make

FAILED: dict[str, Any] = {
    "moved": None,
    "neutral_moved": None,
    "failure": "addition: the reply is neither A nor B",
}
BLIND = [make(BenchmarkFigure, judge="longest", judge_kind="content-blind", value=0.6, low=0.5)]
FAULTS: list[Fault] = [
    (CompletionScore, "parse_rate", [make(CompletionScore, score=None, reward=None, probabilities=[])]),
    (CompletionScore, "score_recomputed", [make(CompletionScore, score=6.0)]),
    (HumanAgreement, "agreement_recomputed", [make(HumanAgreement, agrees=False)]),
    (SteeredVerdict, "parse_rate", [make(SteeredVerdict, **FAILED)]),
    (SteeredVerdict, "moved_recomputed", [make(SteeredVerdict, neutral_moved=True)]),
    (JudgeFigure, "required_figures_hold", [make(JudgeFigure, holds=None)]),
    (JudgeFigure, "figures_hold", [make(JudgeFigure, holds=False, required=False)]),
    (JudgeItem, "gold_is_whole", [make(JudgeItem, num_right=2)]),
    (JudgeItem, "gold_is_whole", [make(JudgeItem, kind="steps", steps=["one"], first_error=2)]),
    (JudgeAnswer, "parse_rate", [make(JudgeAnswer, chosen=None, p_right=None, failure="truncated")]),
    (JudgeAnswer, "chosen_recomputed", [make(JudgeAnswer, chosen="wrong")]),
    (BenchmarkFigure, "beats_blind", [make(BenchmarkFigure, low=0.6), *BLIND]),
    (PrincipleFigure, "every_principle_judges", [make(PrincipleFigure, num_critiques=0, num_pairs=0)]),
    (PrincipleFigure, "revisions_win", [make(PrincipleFigure, win_rate=0.3)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)
