"""Judges of every kind answer what they can: both orders, scores, first wrong steps, or why nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

from datasets_registry.rows.judge_benchmark import JudgeAnswer, JudgeItem, JudgeKind
from generation.request import Completion, Request
from generation.scripted import Script
from methods.judges.answers import JUDGE_ANSWERS, AnswerSettings
from methods.judges.ways import comparison_in, steps_in
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings
from tests.generation.scoring.headed import headed
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make

SOLUTION: dict[str, Any] = {"suite": "processbench", "kind": "steps", "responses": [], "num_right": 0}
ITEMS = [
    make(JudgeItem, "i1"),
    make(JudgeItem, "i2", failure="no label", responses=[], num_right=0),
    make(JudgeItem, "i3", **SOLUTION, steps=["1+1=2", "2+1=4"], first_error=2),
]
BOTH = AnswerSettings(
    kind="generative",
    comparisons=(ComparisonSettings(verdicts="text", begun=False),),
    steps=(StepJudgeSettings(begun=False),),
)


def answers(
    folder: Path, settings: AnswerSettings, script: Script = lambda request: ""
) -> Sequence[JudgeAnswer]:
    models = ModelsByRole({"judge": [ScriptedModel("judge", folder, script)]})
    return rows_of(JUDGE_ANSWERS, settings, MemoryInputs({"judge_items": ITEMS}), models)


def test_a_judge_is_asked_in_both_orders_and_for_steps(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        return "First wrong step: 2" if "First wrong step" in request.messages[-1].content else "Verdict: A"

    rows = answers(tmp_path, BOTH, script)
    assert [(row.item_id, row.shown_first, row.chosen, row.judged_first_error) for row in rows] == [
        ("i1", "right", "right", None),
        ("i1", "wrong", "wrong", None),
        ("i3", "neither", None, 2),
    ]
    assert all(row.usual and row.asked == "text" and row.answer_key and not row.failure for row in rows)


def test_what_a_judge_does_not_say_is_a_row_with_its_reason(tmp_path: Path) -> None:
    rows = answers(tmp_path, BOTH, lambda request: Completion(finish_reason="error", error="busy"))
    assert {row.failure for row in rows} == {"error: busy"} and len(rows) == 3
    assert all(row.chosen is None and row.judged_first_error is None for row in rows)


@pytest.mark.parametrize(
    ("kind", "auto", "num_labels", "judged"),
    [
        ("reward model", AutoModelForSequenceClassification, 1, "i1"),
        ("process reward model", AutoModelForTokenClassification, 2, "i3"),
    ],
)
def test_reward_models_score_what_they_can_read(
    kind: JudgeKind, auto: Any, num_labels: int, judged: str, tmp_path: Path, opinionated_model: Path
) -> None:
    folder = headed(opinionated_model, tmp_path / "model", auto, num_labels)
    (row,) = answers(folder, AnswerSettings(kind=kind))
    assert (row.item_id, row.judge_kind, row.shown_first, row.failure) == (judged, kind, "neither", None)
    assert (row.chosen is None) == (kind == "process reward model") and row.asked == ""
    assert row.answer_key is None and (row.judged_first_error is None) == (kind == "reward model")


def test_another_way_keeps_what_is_no_part_of_it() -> None:
    asking = ComparisonSettings(verdicts="text", samples=5, reasoning_tokens=9)
    other = comparison_in("probabilities", asking)
    assert (other.way, other.samples, other.reasoning_tokens) == ("probabilities", 1, 9)
    assert comparison_in("schema", asking).samples == 5
    assert steps_in("begun probabilities", StepJudgeSettings()) is None
    assert steps_in("schema", StepJudgeSettings()) == StepJudgeSettings(verdicts="schema", begun=False)
