"""Selections by rules keep them all; their control has as many rows, drawn without a look at the rules."""

from collections.abc import Sequence
from pathlib import Path

from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from generation.request import Completion, Request, SamplingParams
from methods.judging.rules import Rule
from methods.method import Method
from methods.rlaif.rule_selections import RULE_CONTROLS, RULE_SELECTIONS, RuleSelectionSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make

PROMPTS = [make(HelpfulPrompt, f"p{number}") for number in range(8)]
PROMPTS += [make(HelpfulPrompt, "held", split="evaluation")]
SETTINGS = RuleSelectionSettings(
    answers=SamplingParams(max_tokens=8), rules={"short": Rule(max_words=2), "ends": Rule(matches=r"\.$")}
)


def said(request: Request) -> Completion:
    """Of the even prompts one sample keeps both rules, and another is cut off; of the last one all are."""
    number = request.messages[-1].content.removeprefix("prompt p")
    text = "Two words." if number in "0246" and request.sample == 1 else "These are four words."
    is_cut = request.sample == 3 or number == "7"
    return Completion(
        text=text, finish_reason="length" if is_cut else "stop", num_prompt_tokens=1, num_completion_tokens=3
    )


def made(method: Method[RuleSelectionSettings], folder: Path) -> Sequence[RuleSelection]:
    """The rows of the method, of one scripted policy."""
    models = ModelsByRole({"policy": [ScriptedModel("base_policy", folder, said)]})
    return rows_of(method, SETTINGS, MemoryInputs({"helpful_prompts": PROMPTS}), models)


def test_what_is_selected_is_whole_and_keeps_every_rule(tmp_path: Path) -> None:
    rows = made(RULE_SELECTIONS, tmp_path)
    assert [row.prompt_id for row in rows] == ["p0", "p2", "p4", "p6"]
    assert {(row.completion, row.sample, row.num_whole) for row in rows} == {("Two words.", 1, 3)}
    assert all(row.kept == ["short", "ends"] and row.num_rules == 2 for row in rows)


def test_the_control_has_as_many_whole_samples_whatever_they_keep(tmp_path: Path) -> None:
    rows = made(RULE_CONTROLS, tmp_path)
    assert len({row.prompt_id for row in rows}) == 4 and {type(row) for row in rows} == {RuleControl}
    assert "p7" not in {row.prompt_id for row in rows} and 3 not in {row.sample for row in rows}
    assert any(row.kept != ["short", "ends"] for row in rows)
    assert rows == made(RULE_CONTROLS, tmp_path)
