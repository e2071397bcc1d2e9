"""trimtab tag: versions get names, which every command and Python understand."""

import json
from pathlib import Path

import pytest

import trimtab
from assets.profile.problems import Problems
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.version import Derivation
from tests.assets.cli.trained import ended
from tests.rows import make

NOTHING = Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture
def two(registry: Registry) -> Registry:
    """A registry with two versions of a dataset."""
    for number in (1, 2):
        rows = [make(SftExample, f"p{each}") for each in range(number)]
        registry.record_checks(registry.commit(SftExample, rows, NOTHING), [])
    return registry


def test_what_is_done_is_told(two: Registry) -> None:
    assert "nothing has a tag" in ended("tag").output
    assert "cai_sft@1 has the tag paper: cai_sft@paper" in ended("tag", "cai_sft@1", "paper").output
    assert "has the tag paper already" in ended("tag", "cai_sft@1", "paper").output
    with pytest.raises(BadInput, match="paper is cai_sft@1"):
        ended("tag", "cai_sft@2", "paper")
    assert "moved from cai_sft@1 to cai_sft@2" in ended("tag", "cai_sft", "paper", "--move").output
    assert "@1" in ended("tag", "cai_sft").output
    with pytest.raises(BadInput, match="paper is cai_sft@2, and not cai_sft@1"):
        ended("tag", "cai_sft@1", "paper", "--remove")
    assert "cai_sft@2 has the tag paper no longer" in ended("tag", "cai_sft", "paper", "--remove").output


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("cai_sft@1", "--move"), "say which tag"),
        (("--remove",), "say which tag"),
        (("cai_sft@1", "paper", "--move", "--remove"), "two things"),
        (("cai_sft@1", "v2"), "looks like a version's number"),
    ],
)
def test_what_cannot_be_done_is_refused(two: Registry, arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        ended("tag", *arguments)


def test_commands_take_a_tag_and_show_it(two: Registry, tmp_path: Path) -> None:
    ended("tag", "cai_sft@1", "paper")
    shown = json.loads(ended("show", "cai_sft@paper", "--json").output)
    assert (shown["version"], shown["tags"]) == (1, ["paper"])
    assert [entry["tags"] for entry in json.loads(ended("versions", "cai_sft", "--json").output)] == [
        ["paper"],
        [],
    ]
    assert "paper" in ended("versions", "cai_sft").output
    assert "1 added" in ended("diff", "cai_sft", "paper", "latest").output
    ended("export", "cai_sft@paper", str(tmp_path / "out"), "--to", "jsonl")
    assert trimtab.open().polars("cai_sft@paper").height == 1


def test_a_profile_names_no_tag() -> None:
    with pytest.raises(ValueError, match="names a tag, which can be moved"):
        Problems(dataset="gsm8k@paper")
