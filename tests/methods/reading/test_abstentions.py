"""Whether a text abstains, by phrases; unsure where they cannot tell."""

import pytest

from methods.reading.abstentions import abstains


@pytest.mark.parametrize(
    ("text", "abstained"),
    [
        ("I don't know.", True),
        ("I don’t know", True),
        ("**I do not know**", True),
        ("I really cannot say.", True),
        ("Nobody knows.", True),
        ("That cannot be known.", True),
        ("Unknown", True),
        ("N/A", True),
        ("There is no such treaty.", True),
        ("Could you please clarify which shop you mean?", True),
        ("<think>Paris, surely.</think>I'm not sure.", True),
        ("I'm sorry, but I can't help with that.", True),
        ("Paris", False),
        ("The Eiffel Tower was moved in 1923.", False),
        ("<think>I don't know.</think>Paris", False),
        ("Knowing him, he is 41.", False),
        ("The Eiffel Tower was never moved.", None),
        ("Which one?", None),
        ("It depends on the shop.", None),
    ],
)
def test_phrases_tell_an_abstention_or_say_that_they_cannot(text: str, abstained: bool | None) -> None:
    assert abstains(text) is abstained
