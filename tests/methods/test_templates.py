"""Templates are filled in one pass, so that text stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from methods.templates import fill


@given(st.text(), st.text(), st.text())
def test_whatever_a_response_says_the_template_keeps_its_shape(prompt: str, first: str, second: str) -> None:
    text = fill("judge", prompt=prompt, first=first, second=second, question="Which?")
    assert text == f"Prompt: {prompt}\n\nResponse A: {first}\n\nResponse B: {second}\n\nWhich?"


def test_slots_in_a_response_are_not_filled() -> None:
    text = fill("judge", prompt="{{second}} {first} %s", first="{{question}}", second="b", question="Q?")
    assert "Prompt: {{second}} {first} %s" in text and "Response A: {{question}}" in text


def test_a_missing_slot_is_named() -> None:
    with pytest.raises(BadInput, match=r"has slots \['critique_request'\], given are \[\]"):
        fill("critique")


@pytest.mark.parametrize("name", ["nothing", "../constitution", "judge.txt"])
def test_an_unknown_template_names_those_there_are(name: str) -> None:
    with pytest.raises(BadInput, match="there are brief, critique, judge, revision"):
        fill(name)
