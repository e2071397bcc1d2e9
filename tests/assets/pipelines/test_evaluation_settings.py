"""How models are asked and judged is decided before any call, by what the profile says."""

from typing import Any

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset
from assets.estimates.calls import amounts
from methods.evaluation.answers import AnswersSettings
from tests.assets.graphs import Declaration, declared

ANSWERS = "evaluation_answers/measured"
HOSTED: dict[str, Any] = {
    "anthropic": {
        "backend": "anthropic",
        "engine": {"served_model": "claude-sonnet-4-5", "api_key_env": "KEY"},
    },
    "openai": {
        "backend": "openai",
        "engine": {"base_url": "http://localhost:1/v1", "served_model": "m", "served_revision": "1"},
    },
}
LOCAL = {"model": "lab"}
JUDGED = {"suites": ["harmlessness", "helpfulness"], "judge": "judge", "answers": {"max_tokens": 16}}
BY_LIKELIHOOD = {"suites": ["capability"], "items": {"capability": 20}}


def declaration(model: dict[str, Any], **evaluation: Any) -> Declaration:
    """A profile that measures one model beside a baseline."""
    models = {"base_policy": LOCAL, "judge": LOCAL, "measured": model}
    section = {"models": ["measured"], "base": "base_policy"} | evaluation
    return declared({"description": "One model", "models": models, "evaluation": section})


def settings_of(found: Declaration) -> AnswersSettings:
    """How the model is asked and judged."""
    dataset = found.assets[ANSWERS]
    assert isinstance(dataset, Dataset) and isinstance(dataset.settings, AnswersSettings)
    return dataset.settings


@pytest.mark.parametrize(("model", "letters"), [*((each, True) for each in HOSTED.values()), (LOCAL, False)])
def test_a_hosted_model_names_letters_by_its_recipe(model: dict[str, Any], letters: bool) -> None:
    found = declaration(model, **BY_LIKELIHOOD)
    assert settings_of(found).hosted is letters
    assert found.recipes[ANSWERS].settings["hosted"] is letters
    datasets = [asset for asset in found.assets.values() if isinstance(asset, Dataset)]
    calls = sum(asked.calls for asked in amounts(datasets, {})[ANSWERS].asked)
    # a call for each item at most, and with likelihoods one for each of four choices too
    assert calls == 20 if letters else calls > 60


@pytest.mark.parametrize(
    ("named", "questions"),
    [
        ({}, set()),
        ({"red_team": "avoid_harm"}, {"red_team"}),
        ({"helpful": "answer_helpfully"}, {"helpful"}),
    ],
)
def test_answers_are_compared_by_the_principles_that_are_named(
    named: dict[str, str], questions: set[str]
) -> None:
    settings = settings_of(declaration(LOCAL, **JUDGED, **named))
    assert settings.grading.questions.keys() == questions


@pytest.mark.parametrize(
    ("suite", "fault"),
    [
        ("helpfullness", r"no suite 'helpfullness' \(did you mean 'helpfulness'\?\)"),
        ("Over_refusal", "no suite 'Over_refusal'"),
        ("composite", "no suite 'composite'"),
        ("", "no suite ''"),
    ],
)
def test_an_axis_of_no_suite_is_refused(suite: str, fault: str) -> None:
    axes = {"kind": {"suite": suite, "metric": "score"}}
    with pytest.raises(ValidationError, match=fault):
        declaration(LOCAL, **BY_LIKELIHOOD, composite={"axes": axes})
