"""Templates are filled in one pass, so that text stays text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from methods import templates
from methods.templates import fill, only, template_digests


@given(st.text(), st.text())
def test_whatever_a_text_says_the_template_keeps_its_shape(request: str, question: str) -> None:
    assert fill("critique", critique_request=request) == request
    asked = fill("reasoning", question=question)
    assert asked == f"{question} Compare the two responses in a few sentences first. Do not choose yet."


def test_slots_in_a_text_are_not_filled() -> None:
    text = fill(
        "judge", conversation="{{second}} {first} %s", first="{{question}}", second="b", question="Q?"
    )
    assert "\n\n{{second}} {first} %s\n\n" in text and "Response A:\n{{question}}\n" in text


def test_a_missing_slot_is_named() -> None:
    with pytest.raises(BadInput, match=r"has slots \['critique_request'\], given are \[\]"):
        fill("critique")


@pytest.mark.parametrize("name", ["nothing", "../constitution", "judge.txt"])
def test_an_unknown_template_names_those_there_are(name: str) -> None:
    with pytest.raises(
        BadInput, match="there are abstention, addition_authority, .* brief, .*critique, .* hint, judge, "
    ):
        fill(name)


def test_a_template_that_is_not_declared_is_refused() -> None:
    with only(template_digests(["hint"])):
        with pytest.raises(BadInput, match="'critique' is not declared by this method: add it"):
            fill("critique", critique_request="x")
        assert fill("hint", problem="p", answer="a")
    assert fill("critique", critique_request="x") == "x"


def test_a_template_that_was_edited_since_it_was_hashed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    (tmp_path / "critique.txt").write_text("{{critique_request}}")
    with only(template_digests(["critique"])):
        assert fill("critique", critique_request="x") == "x"
        (tmp_path / "critique.txt").write_text("Please: {{critique_request}}")
        with pytest.raises(BadInput, match="'critique' changed since the graph was loaded: reload"):
            fill("critique", critique_request="x")
