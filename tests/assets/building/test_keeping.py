"""What earlier code made is kept when a person says so, and when nothing but code differs."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pytest
from pydantic import Field

from assets.building.keeping import changed_modules, keep
from assets.plan import kept_versions, plan
from datasets_registry.catalog.account import account
from datasets_registry.catalog.kept import Kept
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import ChatMessage, Demonstration
from datasets_registry.rows.row import Row
from methods import templates
from quality.auditing.overruling import pass_by_hand
from quality.auditing.publishing import publish
from quality.checks import table
from quality.checks.check import Check
from tests.assets.conftest import Edit
from tests.assets.small import IMPORTED, let_be_taught, write_profile, write_prompts
from tests.assets.workshop import Workshop
from tests.rows import make

ANSWERS = ("base_policy", "red_team_prompts", "helpful_prompts", "helpful_answers")
WHY = "only a loop was written another way"
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile with a model over imported data, of which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    let_be_taught(path, registry)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def let_count(workshop: Workshop, name: str, because: str = WHY) -> Kept:
    """Keep the version of ``name``."""
    return keep(workshop.graph().known.versions(workshop.registry), name, because)[1]


def stale(workshop: Workshop, *names: str) -> dict[str, str]:
    """Which of ``names`` are to build, and why."""
    steps = plan(workshop.graph(), workshop.registry)
    return {step.name: step.reason for step in steps if step.name in names}


def test_a_kept_model_is_not_trained_again_until_that_is_undone(workshop: Workshop, edit: Edit) -> None:
    names = ("base_policy", "taught")
    workshop.build(only=names)
    edit("training.sft", "a loop another way")
    assert stale(workshop, *names) == {"taught": "training.sft changed"}

    kept = let_count(workshop, "taught")
    assert (kept.who, kept.because) == (account(), WHY)
    assert kept.modules == {"training.sft": "changed"}
    assert stale(workshop, *names) == {} and workshop.build(only=names) == []
    shown = {
        version: str(waiver) for version, waiver in kept_versions(workshop.graph(), workshop.registry).items()
    }
    assert shown == {"taught@1": f"kept by {kept.who} on {kept.at[:10]}: {WHY}"}

    assert workshop.registry.undo_keep("taught") == 1
    assert stale(workshop, *names) == {"taught": "training.sft changed"}
    assert kept_versions(workshop.graph(), workshop.registry) == {}
    (undone,) = workshop.registry.kept("taught")
    assert undone.undone_by == kept.who and f"(undone by {kept.who} on" in str(undone)


def test_versions_are_kept_over_several_upgrades(workshop: Workshop, edit: Edit) -> None:
    workshop.build(only=ANSWERS)
    for upgrade in ("first", "second"):
        edit("methods.cai.helpful_answers", upgrade)
        assert stale(workshop, *ANSWERS) == {"helpful_answers": "methods.cai.helpful_answers changed"}
        let_count(workshop, "helpful_answers")
        assert stale(workshop, *ANSWERS) == {}
    assert len(workshop.registry.kept("helpful_answers")) == 2
    # what stood between was kept too: going back to it rebuilds nothing
    edit("methods.cai.helpful_answers", "first")
    assert stale(workshop, *ANSWERS) == {}


def test_what_stands_on_a_kept_version_is_not_stale_for_it(workshop: Workshop, edit: Edit) -> None:
    workshop.build(only=ANSWERS)
    edit("methods.problems.prompt_files", "another way")
    assert stale(workshop, *ANSWERS).keys() == set(ANSWERS) - {"base_policy"}
    for name in ("red_team_prompts", "helpful_prompts"):
        let_count(workshop, name)
    assert stale(workshop, *ANSWERS) == {} and workshop.build(only=ANSWERS) == []


def test_a_setting_an_input_or_a_text_that_differs_is_refused(
    workshop: Workshop, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "texts").mkdir()
    for text in templates.FOLDER.glob("*.txt"):
        (tmp_path / "texts" / text.name).write_text(text.read_text())
    monkeypatch.setattr(templates, "FOLDER", tmp_path / "texts")
    profile = workshop.path.read_text()
    workshop.path.write_text(
        profile.replace("max_tokens = 48", 'system_prompt = "policy_system"\nmax_tokens = 48')
    )
    (tmp_path / "texts" / "policy_system.txt").write_text("Be kind.")
    workshop.build(only=ANSWERS)
    edit("methods.cai.helpful_answers", "another way")

    (tmp_path / "texts" / "policy_system.txt").write_text("Be brief.")
    with pytest.raises(BadInput, match=r"more than code \(policy_system.txt changed\): build it again"):
        let_count(workshop, "helpful_answers")
    (tmp_path / "texts" / "policy_system.txt").write_text("Be kind.")

    workshop.path.write_text(workshop.path.read_text().replace("max_tokens = 48", "max_tokens = 47"))
    with pytest.raises(BadInput, match=r"more than code \(answers.max_tokens: 48 → 47\)"):
        let_count(workshop, "helpful_answers")
    workshop.path.write_text(workshop.path.read_text().replace("max_tokens = 47", "max_tokens = 48"))

    write_prompts(workshop.path.parent, "helpful", train=9)
    workshop.build(only=ANSWERS[:3])
    with pytest.raises(BadInput, match=r"\(helpful_prompts@2 in place of helpful_prompts@1\)"):
        let_count(workshop, "helpful_answers")
    assert workshop.registry.kept("helpful_answers") == []


class EarlierDemonstration(Row):
    """A demonstration as it was stored before its newest columns were added."""

    dataset: ClassVar[str] = Demonstration.dataset
    grain: ClassVar[str] = Demonstration.grain
    key: ClassVar[tuple[str, ...]] = Demonstration.key

    id: str = Field(description="The key")
    messages: list[ChatMessage] = Field(description="The conversation up to the answer")
    prompt: str = Field(description="Last turn of the user")
    completion: str = Field(description="The last answer")
    source: str = Field(description="Who wrote it")
    licence: str = Field(description="SPDX identifier")


def test_an_input_that_only_has_new_columns_is_the_same(
    workshop: Workshop, edit: Edit, registry: Registry
) -> None:
    today = [make(Demonstration, f"e{number}") for number in range(4)]
    earlier = [
        EarlierDemonstration(**{name: getattr(row, name) for name in EarlierDemonstration.model_fields})
        for row in today
    ]
    name = "earlier_demonstrations"
    workshop.path.write_text(workshop.path.read_text().replace('"demonstrations"', f'"{name}"'))
    publish(registry, EarlierDemonstration, earlier, IMPORTED, name)
    workshop.build(only=("base_policy", "taught"))
    publish(registry, Demonstration, today, IMPORTED, name)
    edit("training.sft", "another way")
    assert stale(workshop, "taught").keys() == {"taught"}
    assert let_count(workshop, "taught").modules == {"training.sft": "changed"}
    assert stale(workshop, "taught") == {}
    publish(registry, Demonstration, [*today[1:], make(Demonstration, "e")], IMPORTED, name)
    with pytest.raises(BadInput, match=f"{name}@3 in place of {name}@2"):
        let_count(workshop, "taught")


def test_names_that_cannot_be_kept_say_why(workshop: Workshop, edit: Edit) -> None:
    workshop.build(only=("base_policy", "red_team_prompts"))
    for name, because, sentence in (
        ("red_team_prompts", " ", "say why red_team_prompts need not be built again: --because"),
        (
            "red_prompts",
            WHY,
            r"this profile makes no 'red_prompts' \(did you mean 'red_team_prompts'.*`trimtab plan --all`",
        ),
        ("helpful_prompts", WHY, "helpful_prompts was never built: there is nothing to keep"),
        ("red_team_prompts", WHY, "red_team_prompts@1 counts as made by today's code already"),
    ):
        with pytest.raises(BadInput, match=sentence):
            let_count(workshop, name, because)


def test_todays_checks_decide_whether_a_dataset_may_be_kept(
    workshop: Workshop, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.build(only=("helpful_prompts",))
    few = Check("helpful_prompts", "few", "SELECT count(*) FROM this", "too many prompts", at_most=3)
    monkeypatch.setattr(table, "CHECKS", (*table.CHECKS, few))
    assert stale(workshop, "helpful_prompts") == {"helpful_prompts": "check few changed"}
    with pytest.raises(UnpassedVersion, match="helpful_prompts@1 does not pass today's check few"):
        let_count(workshop, "helpful_prompts")
    # a refusal records nothing
    version = workshop.registry.passed("helpful_prompts")
    assert "few" not in {result.check for result in workshop.registry.checks(version)}

    monkeypatch.setattr(table, "CHECKS", (*table.CHECKS[:-1], Check(**{**vars(few), "at_most": 30})))
    assert let_count(workshop, "helpful_prompts").modules == {}
    assert "few" in {result.check for result in workshop.registry.checks(version)}
    assert stale(workshop, "helpful_prompts") == {}


def test_a_check_that_a_person_overruled_stays_overruled(
    workshop: Workshop, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Check("helpful_prompts", "few", "SELECT count(*) FROM this", "too many prompts", at_most=3)
    monkeypatch.setattr(table, "CHECKS", (*table.CHECKS, few))
    with pytest.raises(AssertionError):
        workshop.build(only=("helpful_prompts",))
    version = pass_by_hand(workshop.registry, workshop.registry.version("helpful_prompts", 1), "all are good")
    edit("methods.problems.prompt_files", "another way")
    let_count(workshop, "helpful_prompts")
    assert workshop.registry.passed("helpful_prompts") == version


def test_modules_that_moved_do_not_differ() -> None:
    before = {
        "methods.a": "1",
        "methods.b": "2",
        "methods.c": "3",
        "x.txt": "4",
        "check c": "5",
        "role r": "6",
    }
    after = {"methods.a": "1", "methods.below.b": "2", "methods.c": "4", "methods.d": "7", "check c": "8"}
    assert changed_modules(before, after) == {"methods.c": "changed", "methods.d": "added"}
