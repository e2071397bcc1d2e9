"""What a profile says of its given models."""

import pytest

from assets.profile.models import GivenModel

OWN = [["<reasoning>", "</reasoning>"]]


@pytest.mark.parametrize(
    ("said", "thinks"),
    [
        ({}, False),
        ({"thinking": True}, True),
        ({"thinking": False}, False),
        ({"thought_marks": OWN}, True),
        ({"thought_marks": OWN, "thinking": False}, False),
    ],
)
def test_a_model_thinks_where_it_is_said_to_or_has_marks_of_its_own(
    said: dict[str, object], thinks: bool
) -> None:
    given = GivenModel.model_validate({"model": "smollm2-135m-instruct", **said})
    assert given.thinks is thinks
