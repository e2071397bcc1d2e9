"""The gate: nothing trains on preference pairs before people are shown to agree with their labels."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.building.declared import Trained
from assets.graph import build_graph
from assets.orders.run import build
from assets.plan import Step, plan
from assets.profile.profile import load_profile
from datasets_registry.errors import UnpassedVersion
from datasets_registry.hashing import digest
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import PreferencePair
from generation.request import Completion, Request
from quality.review.desk import Desk
from tests.assets.small import write_prompts
from tests.assets.workshop import Workshop, opened
from tests.judging import judging
from tests.methods.judging import CONSTITUTION

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
PROFILE = """
description = "Pairs that people review"
min_free_gb = 0.1
constitution = "{constitution}"

[models.base_policy]
model = "{model}"

[models.dpo_policy]
trainer = "dpo"
base = "base_policy"
dataset = "preference_pairs"
training = {{ beta = 0.1, max_length = 512 }}

[prompts.red_team]
file = "{red_team}"

[prompts.helpful]
file = "{helpful}"

[rlaif]
policy = "base_policy"
pairs = {{ num_samples = 8 }}

[rlaif.judge]
judges = ["base_policy"]

[judges.scores]
judge = "base_policy"

[review]
required = {required}
per_principle = 1
duplicates = 1
reviewed = {reviewed}
"""
MIXED = """
[models.mixed_policy]
trainer = "dpo"
base = "base_policy"
dataset = "mixed_pairs"
training = { beta = 0.1, max_length = 512 }

[mixtures.mixed_pairs]
parts = { preference_pairs = 0.5, human_preferences = 0.5 }
rows = 10
"""
AGREEMENT = "review_agreement"
LABELLED = (
    *("red_team_prompts", "helpful_prompts", "base_policy", "completion_pairs"),
    *("ai_judgements", "preference_pairs", "review_sample"),
)


def by_hash(first: str, second: str) -> float:
    """A judge whose liking of a response is in its text alone."""
    return 0.9 if digest(first) > digest(second) else 0.1


def script(request: Request) -> str | Completion:
    """Samples that differ, and that judge."""
    if request.choices:
        return judging(by_hash)(request)
    return f"{request.messages[-1].content} is answered in way {request.sample}."


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path) -> Iterator[Workshop]:
    path = write(tmp_path, tiny_model)
    with opened(path, tmp_path / "state", script) as made:
        yield made


def write(folder: Path, model: Path, prompts: int = 20, required: str = "true", reviewed: int = 100) -> Path:
    """The profile's file."""
    files = {kind: write_prompts(folder, kind, prompts, 3) for kind in ("red_team", "helpful")}
    (folder / "constitution.toml").write_text(CONSTITUTION.read_text())
    path = folder / "reviewed.toml"
    values = {"constitution": folder / "constitution.toml", "model": model, **files}
    path.write_text(PROFILE.format(required=required, reviewed=reviewed, **values))
    return path


def held(workshop: Workshop) -> dict[str, str]:
    """What is held, and by what."""
    return {step.name: step.reason for step in plan(workshop.graph(), workshop.registry) if step.held}


def review(workshop: Workshop, agreeing: int, number: int | None = None, name: str = "Ada") -> Desk:
    """Answer ``number`` items, all if not said, of which so many agree with the label."""
    desk = Desk(workshop.registry)
    asked = [item for item in desk.items.values() if item.role == "sample" and item.label in ("a", "b")]
    for place, item in enumerate(asked[:number]):
        task = desk.task(name, item.item_id)
        assert isinstance(item, ReviewItem)
        better = item.completion_a if item.label == "a" else item.completion_b
        side = "left" if task.left == better else "right"
        other = "right" if side == "left" else "left"
        desk.record(name, item.item_id, side if place < agreeing else other)
    desk.commit()
    return desk


def agree(workshop: Workshop) -> str:
    """Make the agreement of today's reviews; why models wait all the same, if they do."""
    failures = build(workshop.graph(), workshop.instance, [Step(AGREEMENT, "asked")])
    why = held(workshop).get("dpo_policy", "")
    assert why or not failures, failures
    return why


def test_models_wait_for_people_until_they_agree(workshop: Workshop, tiny_model: Path) -> None:
    """From no review to a part of them, to people who disagree, to those who agree, to other pairs."""
    assert held(workshop)["dpo_policy"] == "pairs wait for review, once they are drawn: trimtab studio"
    workshop.build(only=LABELLED)
    waiting = "100 pairs wait for review: trimtab studio"
    assert held(workshop) == dict.fromkeys((AGREEMENT, "reviewed_pairs", "dpo_policy"), waiting)
    # whoever asks all the same is told at once
    (failure,) = build(workshop.graph(), workshop.instance, [Step(AGREEMENT, "asked")])
    assert failure.endswith(waiting)
    # where it is not required, a run leaves out what waits, and ends well
    write(workshop.path.parent, tiny_model, required="false")
    (steps, optional) = ([Step(name, "asked") for name in (AGREEMENT, "reviewed_pairs")], workshop.graph())
    assert build(optional, workshop.instance, steps) == []
    waits = {step.name: step.reason for step in plan(optional, workshop.registry) if step.waits}
    assert waits == dict.fromkeys((AGREEMENT, "reviewed_pairs"), waiting)
    assert "dpo_policy" not in held(workshop) and AGREEMENT not in workshop.registry.names("dataset")
    write(workshop.path.parent, tiny_model)

    review(workshop, 60, 60)
    assert "enough_reviewed is 40, must be at most 0; catches pairs that wait for review" in agree(workshop)
    review(workshop, 70)
    assert "people_agree" in agree(workshop)
    with pytest.raises(UnpassedVersion, match="people_agree"):
        workshop.graph().known.versions(workshop.registry).derivation("dpo_policy")
    review(workshop, 100)
    assert agree(workshop) == ""
    passed = workshop.registry.passed(AGREEMENT)
    assert passed in workshop.graph().known.versions(workshop.registry).derivation("dpo_policy").inputs

    for prompts, carries in ((21, True), (30, False)):
        write(workshop.path.parent, tiny_model, prompts)
        workshop.build(only=LABELLED)
        assert (agree(workshop) == "") == carries
        version = workshop.registry.newest(AGREEMENT)
        assert version is not None and version != passed
        said = {row.figure: row.says for row in workshop.registry.rows(ReviewFigure, version)}
        assert ("carried_over" in said) == carries
        assert f"of {PreferencePair.dataset}@1" in said.get("carried_over", "of preference_pairs@1")


@pytest.mark.parametrize(("required", "waits"), [("true", (AGREEMENT,)), ("false", ())])
def test_whoever_learns_pairs_waits_where_review_is_required(
    required: str, waits: tuple[str, ...], tmp_path: Path, tiny_model: Path
) -> None:
    """From the pairs themselves, or through a mixture."""
    path = write(tmp_path, tiny_model, required=required)
    path.write_text(path.read_text() + MIXED)
    declared = build_graph(load_profile(str(path))).declared
    assert {asset.name: asset.waits for asset in declared if isinstance(asset, Trained)} == {
        "dpo_policy": waits,
        "mixed_policy": waits,
    }
