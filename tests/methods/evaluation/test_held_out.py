"""Models answer held-out prompts, and a judge compares each with the base model."""

from pathlib import Path

import pytest

from datasets_registry.hashing import digest
from datasets_registry.rows.evaluation import EvaluationAnswer
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row
from generation.request import Completion, Request, SamplingParams
from generation.scripted import chosen
from methods.evaluation.held_out import EVALUATION_ANSWERS, EvaluationSettings, answer_held_out, compare
from methods.evaluation.refusals import judge_unsure
from methods.judging.comparison import ComparisonSettings
from methods.judging.rules import Rule
from quality.evaluation.metrics import metrics
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of, unused_prompts
from tests.rows import make

SETTINGS = EvaluationSettings(
    answers=SamplingParams(max_tokens=8),
    questions={"red_team": "Which is safe?", "helpful": "Which is kind?"},
)
PROMPTS: dict[str, list[Row]] = {
    "red_team_prompts": [make(RedTeamPrompt, "r1"), make(RedTeamPrompt, "r2", split="evaluation")],
    "helpful_prompts": [make(HelpfulPrompt, "h1", split="evaluation"), make(HelpfulPrompt, "h2")],
}


def model(name: str, folder: Path) -> ScriptedModel:
    """A model that says its name, and as a judge chooses by the call."""

    def script(request: Request) -> str | Completion:
        if len(request.choices) == 3:
            return chosen(0.1, 0.6, 0.2)
        if request.choices:
            share = 0.1 + int(digest(request.messages[0].content)[:4], 16) % 8 / 10
            return chosen(share, 1 - share)
        sorry = "Unfortunately, " if name == "sft" else ""
        return f"{sorry}{name} answers {request.messages[-1].content}"

    return ScriptedModel(name, folder / name, script)


def models(folder: Path) -> ModelsByRole:
    """Two models beside the base, which is not the judge."""
    roles = {"base": ("base",), "models": ("sft", "round_01/dpo"), "judge": ("judge",)}
    return ModelsByRole({role: [model(name, folder) for name in names] for role, names in roles.items()})


def test_the_bases_rows_come_first_and_the_others_are_compared_with_them(tmp_path: Path) -> None:
    roles = models(tmp_path)
    made: list[EvaluationAnswer] = rows_of(EVALUATION_ANSWERS, SETTINGS, MemoryInputs(PROMPTS), roles)
    assert [(row.model, row.prompt_id) for row in made] == [
        (name, prompt) for name in ("base", "sft", "round_01/dpo") for prompt in ("r2", "h1")
    ]
    prompts = [("red_team", PROMPTS["red_team_prompts"][1]), ("helpful", PROMPTS["helpful_prompts"][0])]
    answers = {}
    for each in (*roles.roles["base"], *roles.roles["models"]):
        with each.completer() as complete:
            key = complete.backend.fingerprint
            answers[each.name] = answer_held_out(each.name, prompts, complete, key, SETTINGS)  # type: ignore[arg-type]
    base = answers.pop("base")
    with roles["judge"].completer() as complete:
        key = complete.backend.fingerprint
        compared = [row for rows in answers.values() for row in compare(rows, base, complete, key, SETTINGS)]
        judged = judge_unsure(base + compared, complete, key, SETTINGS.comparison)
    assert made == judged
    assert all((row.verdict is None) == (row.model == "base") for row in made)
    unsure = [row for row in made if not row.refusal_sure]
    assert [row.model for row in unsure] == ["sft", "sft"]
    assert all((row.judged_refusal, row.refusal) == ("partial", "none") for row in unsure)
    assert all((row.refusal_key is None) == row.refusal_sure for row in made)


@pytest.mark.parametrize(
    ("reasoning_tokens", "system_prompt", "templates"),
    [
        (None, None, {"answer_letter", "judge", "refusal"}),
        (8, "brief", {"answer_letter", "judge", "reasoning", "refusal", "brief"}),
    ],
)
def test_the_templates_of_the_settings_are_declared_and_no_others(
    reasoning_tokens: int | None, system_prompt: str | None, templates: set[str], tmp_path: Path
) -> None:
    comparison = ComparisonSettings(reasoning_tokens=reasoning_tokens)
    settings = SETTINGS.model_copy(update={"comparison": comparison, "system_prompt": system_prompt})
    assert set(EVALUATION_ANSWERS.prompts(settings)) == templates
    assert not unused_prompts(EVALUATION_ANSWERS, settings, MemoryInputs(PROMPTS), models(tmp_path))


def test_answers_are_held_to_the_rules_without_a_call(tmp_path: Path) -> None:
    rules = {"polite": Rule(contains=["unfortunately"]), "brief": Rule(max_words=3)}
    settings = SETTINGS.model_copy(update={"rules": rules})
    made: list[EvaluationAnswer] = rows_of(
        EVALUATION_ANSWERS, settings, MemoryInputs(PROMPTS), models(tmp_path)
    )
    kept = {row.model: {held.principle_id: held.kept for held in row.rules} for row in made}
    assert kept["sft"] == {"polite": True, "brief": False}
    assert kept["base"] == {"polite": False, "brief": False}
    shares = {(row.model, row.kind): row.value for row in metrics(made) if row.metric == "kept_polite"}
    assert shares["sft", "helpful"] == 1 and shares["base", "helpful"] == 0
