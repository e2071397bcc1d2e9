"""A profile that extends another says only what it changes, and is refused where that leads nowhere."""

from pathlib import Path

import pytest

from assets.profile.chosen import read_chosen
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput


def write(folder: Path, **profiles: str) -> str:
    """Files by their stems; the path of the first."""
    for stem, text in profiles.items():
        (folder / f"{stem}.toml").write_text(text)
    return str(folder / f"{next(iter(profiles))}.toml")


def test_tables_are_joined_and_all_else_is_replaced(tmp_path: Path) -> None:
    below = "a = [1, 2]\n[models.x]\nmodel = 'm'\nengine = { batch_size = 2 }\n[card]\ntflops = 1"
    above = "extends = 'below.toml'\na = [3]\ncard = 'none'\n[models.x.engine]\nspeed = 'none'"
    path, content = read_chosen(write(tmp_path, above=above, below=below))
    joined = {"model": "m", "engine": {"batch_size": 2, "speed": "none"}}
    assert content == {"a": [3], "models": {"x": joined}} and path.stem == "above"


def test_a_profile_extends_one_that_extends_another(tmp_path: Path) -> None:
    last = write(
        tmp_path, last="extends = 'mine.toml'\nmin_free_gb = 3", mine="extends = 'laptop'\ncai = 'none'"
    )
    mine, shipped = load_profile(last), load_profile("laptop")
    assert (mine.cai, mine.min_free_gb, mine.prompts) == (None, 3, shipped.prompts)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("extends = 'pocket'", "unknown profile 'pocket': use one of cai"),
        ("extends = 'other.toml'", "'below.toml' is circular: name a profile that ends it"),
        ("extends = 'below.toml'", "'below.toml' is circular"),
        ("extends = ['laptop']", "extends must be a text"),
        ("extends = 'laptop'\ntempo = 1", "unknown key 'tempo'"),
    ],
)
def test_what_cannot_be_extended_is_refused(line: str, sentence: str, tmp_path: Path) -> None:
    path = write(tmp_path, below=line, other="extends = 'below.toml'")
    with pytest.raises(BadInput, match=sentence):
        load_profile(path)
