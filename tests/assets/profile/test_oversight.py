"""Oversight in a profile: what it declares, builds from passages to labels, counts and refuses."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assets.estimates.calls import amounts
from datasets_registry.errors import BadInput
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.row import Row
from methods.oversight.settings import DebateSettings
from tests.assets.graphs import Declaration, declared, run
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

DEBATES = {"debater": "lab_policy", "judge": "base_policy", "max_samples": 4}
SECTION = {"passages": {"number": 3}, "debates": DEBATES}
NAMES = ("passages", "oversight_questions", "debates", "oversight_preferences")


def overseen(folder: Path, changes: dict[Place, object]) -> Declaration:
    """What the small profile declares with debates and these changes."""
    return declared(changed(changed(small("laptop", folder), {("oversight",): SECTION}), changes))


def test_passages_become_labels_and_their_calls_were_counted(tmp_path: Path) -> None:
    datasets = overseen(tmp_path, {}).datasets
    assert {datasets[name].group for name in NAMES} == {"oversight"}
    rows: dict[str, list[Row]] = {}
    counted = amounts([datasets[name] for name in NAMES], {})
    for name in NAMES:
        outcome = run(datasets[name], rows)
        rows[name] = list(outcome.rows)
        assert 0 < len(rows[name]) <= counted[name].rows.train
        for model in {model for model, _ in outcome.requests}:
            calls = sum(asked.calls for asked in counted[name].asked if asked.model == model)
            assert [each for each, _ in outcome.requests].count(model) <= calls
    assert len(rows["debates"]) == 3 * 2 * 7 and len(rows["oversight_preferences"]) == 3
    report = datasets["oversight_report"]
    assert report.group == "oversight" and report.inputs["debates"] == ("debates",)
    reported = [row for row in run(report, rows).rows if isinstance(row, OversightFigure)]
    accuracies = {row.part for row in reported if row.figure == "accuracy"}
    assert accuracies == {row.protocol for row in rows["debates"] if isinstance(row, Debate)}


def test_questions_of_candidates_and_the_profiles_verifier(tmp_path: Path) -> None:
    found = overseen(
        tmp_path,
        {("oversight", "questions"): {"of": ["passages", "candidates"]}, ("oversight", "passages"): {}},
    )
    datasets = found.datasets
    assert dict(datasets["oversight_questions"].inputs) == {
        "passages": ("passages",),
        "candidates": ("candidates",),
    }
    assert found.profile.problems
    assert getattr(datasets["debates"].settings, "verifier", None) == found.profile.problems.verifier
    assert datasets["oversight_report"].inputs["candidates"] == ("candidates",)
    imported = overseen(tmp_path, {("oversight",): {"debates": DEBATES}}).datasets
    assert "passages" not in imported and imported["oversight_questions"].inputs["passages"] == ("passages",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"debates.judge": "lab_policy"}, "judge 'lab_policy' is the debater: name a weaker model"),
        ({"debates.judge": "nobody"}, r"oversight.debates.judge: unknown model 'nobody'"),
        ({"debates.chains_judge": "lab_policy"}, "chains_judge 'lab_policy' is the debater: name a weaker"),
        ({"debates.words": 0}, "greater than or equal to 1"),
        ({"debates.best_of": 4}, "best_of is 4 and preference_model None: give 2 or more and a model"),
        ({"debates.verifier": {"kind": "exact"}}, "verifier is that of"),
        ({"preferences": {"protocol": "naive"}, "debates.protocols": ["debate"]}, "protocol is 'naive'"),
        (
            {
                "questions": {"of": ["candidates"]},
                "debates.judge": "lab_policy",
                "debates.debater": "base_policy",
            },
            "judge 'lab_policy' samples the solutions that it judges",
        ),
    ],
)
def test_what_cannot_be_debated_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    places: dict[Place, object] = {("oversight", *name.split(".")): value for name, value in changes.items()}
    with pytest.raises((ValidationError, BadInput), match=said):
        overseen(tmp_path, places)


def test_the_debater_may_judge_where_that_is_said(tmp_path: Path) -> None:
    said: dict[Place, object] = {
        ("oversight", "debates", "judge"): "lab_policy",
        ("oversight", "debates", "debater_judges"): True,
    }
    assert "debates" in overseen(tmp_path, said).datasets


ENGINE = {"base_url": "http://localhost:1/v1", "served_model": "m", "served_revision": "1"}
HOSTED = {"backend": "openai", "engine": ENGINE}


@pytest.mark.parametrize("role", ["judge", "debater"])
def test_a_hosted_model_chooses_in_a_turn_of_its_own(role: str, tmp_path: Path) -> None:
    hosted: dict[Place, object] = {
        ("models", "hosted"): HOSTED,
        ("oversight", "debates", role): "hosted",
    }
    settings = overseen(tmp_path, hosted).datasets["debates"].settings
    assert isinstance(settings, DebateSettings) and not settings.judging.begun
    solved: dict[Place, object] = {("oversight", "questions"): {"of": ["candidates"]}}
    if role == "judge":
        with pytest.raises(ValidationError, match="'hosted' is hosted, and worked solutions are judged by"):
            overseen(tmp_path, hosted | solved)
        own: dict[Place, object] = {("oversight", "debates", "chains_judge"): "base_policy"}
        assert overseen(tmp_path, hosted | solved | own).datasets["debates"].models["judge"] == ("hosted",)
