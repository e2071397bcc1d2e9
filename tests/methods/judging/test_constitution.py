"""A constitution that cannot be used is refused with its file and place."""

from pathlib import Path

import pytest

from assets.profile.chosen import read_chosen
from datasets_registry.errors import BadInput
from methods.judging.constitution import load_constitution
from tests.methods.judging import CONSTITUTION

PRINCIPLE = (
    '[[principles]]\nid = "{0}"\ncritique_request = "c"\nrevision_request = "r"\npreference_question = "q"\n'
)


def write(folder: Path, text: str) -> Path:
    """The constitution's file."""
    path = folder / "constitution.toml"
    path.write_text(text)
    return path


def test_ours_has_twelve_or_more_principles_with_all_three_texts_and_three_rules() -> None:
    constitution = load_constitution(CONSTITUTION)
    assert sum(principle.revises for principle in constitution.principles) >= 12
    assert sum(principle.rule is not None for principle in constitution.principles) >= 3
    assert constitution["avoid_harm"].preference_question.endswith("?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"\nprinciples = []', "is empty: write at least one"),
        ('name = "x"\n' + PRINCIPLE.format("a") * 2, "duplicate principle id 'a': rename one of them"),
        ('name = "x', "is not valid TOML"),
        ('name = "x"\n' + PRINCIPLE.format("A b"), "principles.0.id"),
        (
            'name = "x"\n[[principles]]\nid = "a"',
            "principle 'a' has neither a preference_question nor a rule",
        ),
        (PRINCIPLE.format("a"), "name is missing: add it"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        load_constitution(write(tmp_path, text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('name = "caf\xe9"'.encode("latin-1"), "is not UTF-8"),
        ('name = "x"'.encode("utf-16"), "is not UTF-8"),
        (b"name = " + b"[" * 9_999 + b"]" * 9_999, "is nested too deeply"),
        (b"name = " + b"9" * 5_000, "is not valid TOML"),
        (b'name = "x"\nname = "y"', "is not valid TOML"),
        (b'name = "\0"', "is not valid TOML"),
        (rb'name = "\ud800"', "is not valid TOML"),
    ],
)
def test_damage_is_a_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "constitution.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        load_constitution(path)
    with pytest.raises(BadInput, match=message):
        read_chosen(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_constitution(tmp_path / "nothing.toml")


def test_an_unknown_principle_names_those_there_are(tmp_path: Path) -> None:
    constitution = load_constitution(write(tmp_path, 'name = "x"\n' + PRINCIPLE.format("a")))
    with pytest.raises(BadInput, match=r"has no principle 'b': it has \['a'\]"):
        constitution["b"]
