"""The methods of Constitutional AI: what their roles and settings give, and what their recipes hold."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend, chosen
from methods.cai.helpful_answers import HELPFUL_ANSWERS, answer_helpful
from methods.cai.requests import AnswerSettings, RevisionPrinciple, RevisionSettings
from methods.cai.revisions import REVISIONS, revise
from methods.cai.scores import score_revisions
from methods.cai.sft_mix import CAI_SFT, MixSettings
from methods.method import Model
from tests.generation.streaming.test_flow import Feeding
from tests.methods.graphless import (
    MemoryInputs,
    Metered,
    ModelsByRole,
    ScriptedModel,
    rows_of,
    unused_prompts,
)
from tests.rows import make

PROMPTS: dict[str, list[Row]] = {
    "red_team_prompts": [
        make(RedTeamPrompt, f"r{number}", split="evaluation" if number > 3 else "train")
        for number in range(6)
    ],
    "helpful_prompts": [
        make(HelpfulPrompt, f"h{number}", split="evaluation" if number > 6 else "train")
        for number in range(9)
    ],
}
INPUTS = MemoryInputs(PROMPTS)


def settings(**fields: Any) -> RevisionSettings:
    """Two revisions under one of three principles each."""
    principles = {
        name: RevisionPrinciple(critique_request=f"criticise {name}", revision_request=f"revise {name}")
        for name in ("kind", "safe", "true")
    }
    sampling = {"answers": SamplingParams(max_tokens=8), "critiques": SamplingParams(max_tokens=6)}
    return RevisionSettings.model_validate(sampling | {"principles": principles} | fields)


def script(request: Request) -> str | Completion:
    """Texts that follow from the request, and even scores."""
    if request.choices:
        return chosen(*[0.9 / len(request.choices)] * len(request.choices))
    return digest([turn.content for turn in request.messages])[:8]


def models(folder: Path, *roles: str) -> ModelsByRole:
    """A model for each role."""
    return ModelsByRole({role: [ScriptedModel(f"a {role}", folder / role, script)] for role in roles})


def revisions(folder: Path, how: RevisionSettings, inputs: MemoryInputs = INPUTS) -> list[RevisionStep]:
    """The rows of the method."""
    return rows_of(REVISIONS, how, inputs, models(folder, "policy", "judge"))


def test_the_policy_revises_its_drafts_and_the_judge_scores_them(tmp_path: Path) -> None:
    how = settings(num_examples=2)
    made, (policy, judge) = revisions(tmp_path, how), models(tmp_path, "policy", "judge").roles.values()
    prompts = [row for row in PROMPTS["red_team_prompts"] if isinstance(row, RedTeamPrompt)][:4]
    with policy[0].completer() as complete:
        key = complete.backend.fingerprint
        revised = list(revise([("red_team", prompt) for prompt in prompts], complete, key, how))
    with judge[0].completer() as complete:
        assert made == list(score_revisions(revised, complete, complete.backend.fingerprint, how.scores))
    assert [(row.prompt_id, row.step) for row in made] == [
        (f"r{n}", step) for n in range(4) for step in (1, 2)
    ]
    assert all(row.harmlessness is not None and row.helpfulness is not None for row in made)


@pytest.mark.parametrize("backend", [Feeding, ScriptedBackend])
def test_rows_are_the_same_in_their_order_however_requests_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: type[ScriptedBackend]
) -> None:
    def made(kind: type[ScriptedBackend], folder: Path) -> list[RevisionStep]:
        given: dict[str, list[Model]] = {
            role: [Metered(role, folder / role, backend=kind(script))] for role in ("policy", "judge")
        }
        return rows_of(REVISIONS, settings(num_revisions=3, num_controls=5), INPUTS, ModelsByRole(given))

    expected = made(ScriptedBackend, tmp_path / "at once")
    for module in ("revisions", "scores"):
        monkeypatch.setattr(f"methods.cai.{module}.WINDOW", 2)
    assert made(backend, tmp_path / "by twos") == expected and len(expected) > 18


def test_controls_are_drawn_from_the_helpful_training_prompts_and_more_keep_those_there_are(
    tmp_path: Path,
) -> None:
    few, more = (
        [row.prompt_id for row in revisions(tmp_path, settings(num_controls=count)) if row.kind == "helpful"]
        for count in (2, 5)
    )
    assert (len(set(few)), len(set(more))) == (2, 5) and set(few) < set(more)
    everyone = {row.prompt_id for row in revisions(tmp_path, settings(num_controls=99))}
    assert len(everyone) == 11 and not {"h7", "h8"} & everyone


@pytest.mark.parametrize(
    ("fields", "templates"),
    [
        ({}, {"critique"}),
        ({"ablation": "no_critique"}, set()),
        ({"system_prompt": "brief", "num_examples": 1}, {"critique", "brief"}),
    ],
)
def test_revisions_declare_the_templates_that_their_settings_need(
    fields: dict[str, Any], templates: set[str], tmp_path: Path
) -> None:
    how = settings(**fields)
    scores = {"answer_score", "score", "score_harmlessness", "score_helpfulness"}
    assert set(REVISIONS.prompts(how)) == {"revision", *templates, *scores}
    assert not unused_prompts(REVISIONS, how, INPUTS, models(tmp_path, "policy", "judge"))


def test_the_recipe_of_revisions_holds_no_question_that_only_judgements_ask() -> None:
    dump = settings().model_dump(mode="json")
    assert dump["principles"]["kind"] == {
        "critique_request": "criticise kind",
        "revision_request": "revise kind",
    }
    assert set(dump) == {*AnswerSettings.model_fields, *RevisionSettings.model_fields}


def test_more_worked_examples_than_there_are_are_refused_before_anything_runs() -> None:
    with pytest.raises(BadInput, match="9 few-shot examples are asked for"):
        settings(num_examples=9)


def test_the_policy_answers_the_helpful_training_prompts(tmp_path: Path) -> None:
    how = AnswerSettings(answers=SamplingParams(max_tokens=8), system_prompt="brief")
    roles = models(tmp_path, "policy")
    made: list[HelpfulAnswer] = rows_of(HELPFUL_ANSWERS, how, INPUTS, roles)
    prompts = [row for row in PROMPTS["helpful_prompts"] if isinstance(row, HelpfulPrompt)][:7]
    with roles["policy"].completer() as complete:
        assert made == list(answer_helpful(prompts, complete, complete.backend.fingerprint, how))
    assert HELPFUL_ANSWERS.prompts(how) == ("brief",)
    assert not unused_prompts(HELPFUL_ANSWERS, how, INPUTS, roles)
    assert HELPFUL_ANSWERS.prompts(how.model_copy(update={"system_prompt": None})) == ()


def test_the_sft_set_counts_the_policys_tokens_and_needs_no_demonstrations(tmp_path: Path) -> None:
    datasets: dict[str, list[Row]] = {
        "cai_revisions": [make(RevisionStep, f"r{number}", revision="word " * 8) for number in range(10)],
        "helpful_answers": [
            make(HelpfulAnswer, f"h{number}", completion="word " * 4) for number in range(40)
        ],
    }
    demonstrations: dict[str, list[Row]] = {
        "demonstrations": [make(Demonstration, f"d{number}") for number in range(90)]
    }
    how, roles = MixSettings(helpful_share=0.4, capability_share=0.2), models(tmp_path, "policy")
    plain: list[SftExample] = rows_of(CAI_SFT, how, MemoryInputs(datasets), roles)
    mixed: list[SftExample] = rows_of(CAI_SFT, how, MemoryInputs(datasets | demonstrations), roles)
    assert {(row.kind, row.num_tokens) for row in plain} == {("revision", 8), ("helpful", 4)}
    assert [row for row in mixed if row.kind != "capability"] == plain
    tokens = {
        kind: sum(row.num_tokens for row in mixed if row.kind == kind)
        for kind in ("revision", "helpful", "capability")
    }
    assert tokens == {"revision": 80, "helpful": 80, "capability": 40}
