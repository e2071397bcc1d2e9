"""A profile that cannot be used is refused with its file, its key and the remedy."""

from pathlib import Path

import pytest

from assets.graph import build_graph
from assets.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from tests.assets.small import write_profile


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A usable profile to spoil."""
    return write_profile(tmp_path, Path("/a/model"))


def test_every_profile_of_ours_is_valid_and_says_what_it_builds() -> None:
    for path in (REPOSITORY / "profiles").glob("*.toml"):
        assert load_profile(path.stem).description


def test_the_profile_comes_from_the_environment(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIMTAB_PROFILE", raising=False)
    assert "135M" in load_profile().description
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    assert load_profile().description == "A tiny random model"


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="unknown profile 'pocket': there are gpu, laptop"):
        load_profile("pocket")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[policy]", "[policy]\nspeed = 1", "unknown key 'policy.speed': remove it"),
        ("temperature = 1.0", "temperature = -1", "answers.temperature"),
        ("[policy]", "[policy", "is not valid TOML"),
        ("num_revisions = 2", "num_revisions = 9", "revisions.num_revisions"),
        ("[dpo]", "[dpo]\nmargin = 2", "unknown key 'dpo.margin'"),
    ],
)
def test_a_fault_is_named_with_its_key(old: str, new: str, message: str, profile: Path) -> None:
    profile.write_text(profile.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        load_profile(str(profile))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('red_team = "avoid_harm"', 'red_team = "be_nice"', "has no principle 'be_nice'"),
        ("temperature = 1.0", 'temperature = 1.0\nsystem_prompt = "long"', "no prompt template 'long'"),
        ("constitution.toml", "nothing.toml", "nothing.toml cannot be read"),
        ("helpful.jsonl", "nothing.jsonl", "nothing.jsonl cannot be read"),
    ],
)
def test_what_a_profile_points_at_is_read_before_anything_runs(
    old: str, new: str, message: str, profile: Path
) -> None:
    profile.write_text(profile.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        build_graph(load_profile(str(profile)))
