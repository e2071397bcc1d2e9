"""The methods of process rewards: what their roles and settings give, and what their recipes hold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.prm import Solution, StepRollout
from datasets_registry.rows.rft import Candidate
from generation.request import Request, SamplingParams
from generation.scripted import completing
from methods.method import Model
from methods.prm.judge import StepJudgeSettings, judge_steps
from methods.prm.labels import STEP_LABELS, label_settings, label_steps
from methods.prm.rollouts import STEP_ROLLOUTS, rollout_settings, sample_rollouts
from methods.prm.settings import StepLabelSettings, StepRolloutSettings
from methods.prm.solutions import SOLUTIONS, SolutionSettings, choose_solutions
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.methods.simulated_completer import completer, solution
from tests.rows import make

STEPS = StepRolloutSettings(rollouts=SamplingParams(max_tokens=64))
MATHS = VerifierSettings(kind="maths")
SOLVED = [solution(error, 5) for error in (0, 2, 4)]


def script(request: Request) -> str:
    """A completer that is right from right steps alone, with an answer that a verifier of maths finds."""
    words, _, answer = completer()(request).rpartition("word")
    return f"{words}\nAnswer: {answer}"


def model(folder: Path) -> ScriptedModel:
    """The completer in a folder."""
    return ScriptedModel("weak_policy", folder, script)


def rollouts(folder: Path) -> list[StepRollout]:
    """Its rollouts, by the method."""
    models = ModelsByRole({"completer": [model(folder)]})
    return rows_of(STEP_ROLLOUTS, rollout_settings(STEPS, MATHS), MemoryInputs({"solutions": SOLVED}), models)


def fingerprint(of: Model) -> str:
    """What its completions are keyed by."""
    with of.completer() as complete:
        return complete.backend.fingerprint


def test_rollouts_are_the_completers(tmp_path: Path) -> None:
    rows = rollouts(tmp_path)
    ordered = MemoryInputs({"solutions": SOLVED}).rows(Solution)
    key, complete = fingerprint(model(tmp_path)), completing(script)
    assert rows == list(sample_rollouts(ordered, complete, key, "weak_policy", verifier(MATHS), STEPS))
    assert {row.policy for row in rows} == {"weak_policy"}
    assert {row.accepted for row in rows} == {True, False}


def test_a_system_prompt_is_filled_where_it_is_declared(tmp_path: Path) -> None:
    steps = STEPS.model_copy(update={"system_prompt": "brief"})
    how, inputs = rollout_settings(steps, MATHS), MemoryInputs({"solutions": SOLVED})
    models = ModelsByRole({"completer": [model(tmp_path)]})
    assert STEP_ROLLOUTS.prompts(how) == ("brief",) and rows_of(STEP_ROLLOUTS, how, inputs, models)
    with pytest.raises(BadInput, match="'brief' is not declared"):
        rows_of(replace(STEP_ROLLOUTS, prompts=lambda settings: ()), how, inputs, models)


def test_labels_follow_from_solutions_and_rollouts(tmp_path: Path) -> None:
    rows = rollouts(tmp_path)
    inputs = MemoryInputs({"solutions": SOLVED, "step_rollouts": rows})
    made = rows_of(STEP_LABELS, label_settings(STEPS, "weak_policy", None), inputs)
    assert made == label_steps(inputs.rows(Solution), rows, "weak_policy", STEPS)
    assert {row.policy for row in made} == {"weak_policy"}


@pytest.mark.parametrize("reasoning_tokens", [None, 50])
def test_a_judge_names_first_errors_too(tmp_path: Path, reasoning_tokens: int | None) -> None:
    judging = StepJudgeSettings(reasoning_tokens=reasoning_tokens)
    judge = ScriptedModel("judge", tmp_path / "judge", lambda request: "2")
    rows = rollouts(tmp_path)
    inputs = MemoryInputs({"solutions": SOLVED, "step_rollouts": rows})
    how = label_settings(STEPS, "weak_policy", judging)
    made = rows_of(STEP_LABELS, how, inputs, ModelsByRole({"judge": [judge]}))
    solutions = inputs.rows(Solution)
    verdicts = judge_steps(solutions, completing(judge.script), fingerprint(judge), judging)
    assert made == label_steps(solutions, rows, "weak_policy", STEPS, verdicts)
    names = {
        "answer_step",
        "step_judge",
        "step_judge_question",
        *(("step_judge_reasoning",) if reasoning_tokens else ()),
    }
    assert set(STEP_LABELS.prompts(how)) == names


@pytest.mark.parametrize(
    "fields",
    [
        {"chunks": (4,)},
        {"skip_accepted": False},
        {"system_prompt": "brief"},
        {"rollouts": SamplingParams(temperature=0.3)},
        {"seed": 1},
    ],
)
def test_how_rollouts_are_sampled_is_no_part_of_labels(fields: dict[str, Any]) -> None:
    changed = StepRolloutSettings.model_validate(dict(STEPS) | fields)
    before, after = (label_settings(steps, "weak_policy", None).model_dump() for steps in (STEPS, changed))
    assert before == after
    assert rollout_settings(STEPS, MATHS) != rollout_settings(changed, MATHS)


def test_every_label_setting_decides_labels_and_rollouts() -> None:
    held = label_settings(STEPS, "m", None).model_dump(mode="json")
    assert set(held) == {*StepLabelSettings.model_fields, "completer", "judging"}
    assert held["threshold"] == 0.1


def test_solutions_come_out_of_candidates() -> None:
    texts = ["1+1=2\nA:2", "1+1=3\nA:3", "2=1+1\nA:2"]
    candidates = [
        make(Candidate, "p1", sample=sample, completion=text, accepted=text.endswith("2"))
        for sample, text in enumerate(texts)
    ]
    made = rows_of(SOLUTIONS, SolutionSettings(), MemoryInputs({"candidates": candidates}))
    assert len(made) == 3 and made == choose_solutions(candidates, SolutionSettings())
