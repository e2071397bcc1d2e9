"""`[review.steps]`, `[review.revisions]` and `[review.answers]`: what each declares and needs."""

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset
from assets.pipelines.whole import declare
from assets.profile.profile import Profile
from datasets_registry.state import REPOSITORY

SOURCES = {
    "steps": {"step_labels"},
    "revisions": {"cai_revisions"},
    "answers": {
        "evaluation_items",
        *(f"evaluation_answers/{model}" for model in ("base_policy", "sft_policy", "dpo_policy")),
    },
}


def laptop() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "profiles" / "laptop.toml").read_text())


def test_each_kind_has_its_sample_and_agreement_for_which_no_model_waits() -> None:
    profile = Profile.model_validate(
        laptop() | {"review": {"required": True, "comparisons": {}, **{name: {} for name in SOURCES}}}
    )
    datasets = {asset.name: asset for asset in declare(profile) if isinstance(asset, Dataset)}
    for name, sources in SOURCES.items():
        sample, agreement = datasets[f"label_sample/{name}"], datasets[f"review_agreement/{name}"]
        assert {each for names in sample.inputs.values() for each in names} == sources
        own = {"human_reviews", sample.name}
        assert {each for names in agreement.inputs.values() for each in names} == sources | own
        assert agreement.may_wait and agreement.settings.model_dump()["required"] is False
    compared = datasets["review_sample/comparisons"].settings.model_dump()
    assert compared["baseline"] == "base_policy" and set(compared["questions"]) == {
        "harmlessness",
        "helpfulness",
    }
    assert datasets["review_agreement/comparisons"].may_wait
    figures = datasets["reviewed_figures"]
    assert {"label_sample/answers", "review_sample/comparisons"} <= {*sum(figures.inputs.values(), ())}
    assert datasets["label_sample/revisions"].settings.model_dump()["principles"]


@pytest.mark.parametrize(
    ("without", "section", "why"),
    [
        ("prm", {"steps": {}}, r"\[review.steps\] needs \[prm\]"),
        ("cai", {"revisions": {}}, r"\[review.revisions\] needs \[cai\]"),
        ("rlaif", {}, r"\[review\] needs \[rlaif\]"),
    ],
)
def test_what_is_not_built_cannot_be_reviewed(without: str, section: dict[str, Any], why: str) -> None:
    content = {name: part for name, part in laptop().items() if name != without}
    with pytest.raises(ValidationError, match=why):
        Profile.model_validate(content | {"review": section})
