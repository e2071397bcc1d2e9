"""Two samples a prompt; a pair that cannot be judged says why."""

from collections.abc import Sequence

import pytest

from datasets_registry.schemas import HelpfulPrompt
from generation.request import Completion, Request, SamplingParams
from methods.pairs import PairSettings, pair_completions
from methods.refusals import is_refusal
from tests.rows import make


def pair(a: Completion, b: Completion) -> str | None:
    """The failure of a pair of completions."""

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        assert [one.sample for one in requests] == [0, 1]
        return [a, b]

    settings = PairSettings(answers=SamplingParams())
    (found,) = pair_completions([("helpful", make(HelpfulPrompt))], complete, "m", settings)
    return found.failure


def said(text: str) -> Completion:
    """A whole completion."""
    return Completion(text=text, finish_reason="stop")


@pytest.mark.parametrize(
    ("a", "b", "failure"),
    [
        (said("x"), said("y"), None),
        (said("x"), said(" x"), "identical completions"),
        (said("x"), said(""), "completion b: empty"),
        (Completion(text="x", finish_reason="length"), said("y"), "completion a: truncated"),
        (Completion(finish_reason="error", error="window"), said("y"), "completion a: error: window"),
    ],
)
def test_only_two_whole_different_completions_make_a_pair(
    a: Completion, b: Completion, failure: str | None
) -> None:
    assert pair(a, b) == failure


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I’m sorry, but I can’t help with that.", True),
        ("I WILL NOT do it", True),
        ("Sure, here it is.", False),
    ],
)
def test_refusals_are_found_whatever_the_apostrophe(text: str, refused: bool) -> None:
    assert is_refusal(text) is refused
