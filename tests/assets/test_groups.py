"""The lineage's groups are pipelines whose arrows run one way, in every profile that ships."""

from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from assets.building.declared import Declared
from assets.building.grounds import Grounds, inputs_of
from assets.pipelines.imported import GROUP as IMPORTED
from assets.pipelines.whole import declare
from assets.profile.profile import Profile, load_profile
from assets.profile.review.review import Review
from datasets_registry.state import REPOSITORY

PROFILES = sorted(path for path in (REPOSITORY / "profiles").rglob("*.toml"))


def reviewed() -> Profile:
    """The profile whose policies wait for the judge's certificate, and for people too."""
    profile = load_profile("gpu")
    return profile.model_copy(update={"review": Review(required=True)})


def groups_before(profile: Profile) -> dict[str, set[str]]:
    """Each group's other groups that it reads."""
    grounds = Grounds(declare(profile))
    group_of = {asset.name: asset.group for asset in grounds.ordered}
    before: dict[str, set[str]] = defaultdict(set)
    for asset in grounds.ordered:
        read = {group_of.get(name, IMPORTED) for name in above(asset, grounds)}
        before[asset.group] |= read - {asset.group}
    return before


def above(asset: Declared, grounds: Grounds) -> tuple[str, ...]:
    """All that an asset has an arrow from: its inputs, and what its checks read."""
    return (*inputs_of(asset), *grounds.reads[asset.name])


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.relative_to(REPOSITORY / "profiles")))
def test_arrows_between_groups_run_one_way(path: Path) -> None:
    # raises CycleError, which names the circle
    TopologicalSorter(groups_before(load_profile(str(path)))).prepare()


def test_arrows_run_one_way_where_policies_wait_for_certificate_and_people() -> None:
    before = groups_before(reviewed())
    TopologicalSorter(before).prepare()
    assert "review" not in before and "cai" in before["rlaif"]


def test_a_policy_stands_with_the_pipeline_that_makes_it() -> None:
    def groups(profile: str) -> dict[str, str]:
        return {asset.name: asset.group for asset in declare(load_profile(profile))}

    laptop, llama3 = groups("laptop"), groups("llama3_like")
    assert {"cai", "rlaif", "rft", "prm"} == {
        laptop[name] for name in ("sft_policy", "dpo_policy", "rft_policy", "process_reward_model")
    }
    # an average, of which no dataset is learned, with the last of its models
    assert llama3["averaged_policy"] == llama3["safe_policy"] == "llama3_like"
