"""What the pages name is there: files, links and a profile's sections."""

import re
import tomllib
from pathlib import Path

import pytest

from assets.profile.chosen import EXTENDS, FOLDER
from assets.profile.profile import Profile, load_profile
from datasets_registry.state import REPOSITORY
from methods.judging.constitution import Constitution

PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
# what was decided about files that are gone stays as it was written
PRESENT = [page for page in PAGES if page.name != "decisions.md"]
FOLDERS = "assets|benchmarks|datasets_registry|docs|generation|methods|profiles|quality|studio|tests|training"
named = pytest.mark.parametrize("page", PRESENT, ids=[str(page.relative_to(REPOSITORY)) for page in PRESENT])


@named
def test_every_file_is_there(page: Path) -> None:
    for path in re.findall(rf"`((?:{FOLDERS})/[a-z0-9_/.-]*)`", page.read_text(encoding="utf-8")):
        assert (REPOSITORY / path).exists(), path


@named
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@named
def test_every_section_is_one_of_a_profile(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sections = {section for block in _blocks(page) for section in tomllib.loads(block)}
    sections |= set(re.findall(r"`\[{1,2}([a-z_]+)[\w.]*\]{1,2}`", text))
    assert sections <= Profile.model_fields.keys() | Constitution.model_fields.keys() | {EXTENDS}


@named
def test_every_principle_can_be_read(page: Path) -> None:
    for block in map(tomllib.loads, _blocks(page)):
        if "principles" in block:
            assert Constitution.model_validate({"name": "page", **block}).principles


def _blocks(page: Path) -> list[str]:
    """The page's TOML."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^ *```toml\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)


def test_the_profile_of_the_rebuild_page_is_read(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "rebuild.md").read_text(encoding="utf-8")
    (more,) = re.findall(r"^cat >> story.toml <<'END'\n(.*?)^END$", text, flags=re.MULTILINE | re.DOTALL)
    path = tmp_path / "story.toml"
    path.write_text((FOLDER / "laptop.toml").read_text(encoding="utf-8") + more)
    assert {"taught", "preferred", "apart"} < load_profile(str(path)).models.keys()
