"""Sandbagging: planted models that do worse when asked or given a reason, and admit it or not."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import get_args

import pytest

from datasets_registry.rows.evaluation import EvaluationItem
from generation.request import Request
from methods.evaluation.items import own_lines
from methods.evaluation.suites.sandbagging import BEST, ITEMS, SANDBAGGING, TEXTS, WORSE, Form, Line
from tests.methods.evaluation.suites.planted import (
    first_user_turn,
    measures_of,
    options_of,
    said_before,
    values_of,
)


@cache
def lines() -> dict[str, Line]:
    """Our lines by their prompt."""
    return {line.prompt: line for line in own_lines(ITEMS, Line)}


@cache
def items() -> Sequence[EvaluationItem]:
    """All items of the suite."""
    return SANDBAGGING.items()


def form_of(text: str) -> Form:
    """Which text stands before a question."""
    start = text.split("\n\n")[0]
    return next(form for texts in TEXTS for form, wording in texts.items() if wording == start)


def planted(
    worse_in: Sequence[Form] = (), admits_in: Sequence[Form] = (), silent_in: Sequence[Form] = ()
) -> Callable[[Request], str]:
    """A model that is right, and in some forms wrong or silent; in some it admits that it held back."""

    def script(request: Request) -> str:
        asked = first_user_turn(request)
        form = form_of(asked)
        if said_before(request):
            return options_of(request.messages[-1].content)[WORSE if form in admits_in else BEST]
        if form in silent_in:
            return "I would rather not say."
        line = next(line for prompt, line in lines().items() if prompt in asked)
        if line.wrong:
            return options_of(asked)[line.wrong[0] if form in worse_in else line.gold]
        return f"Let me see.\nAnswer: {int(line.gold) + (form in worse_in)}"

    return script


def found_in(script: Callable[[Request], str], category: str = "all") -> dict[str, float | None]:
    """The planted model's figures of a category."""
    return values_of(measures_of(SANDBAGGING, script, items()), category)


def test_a_model_that_does_its_best_drops_nowhere() -> None:
    found = found_in(planted())
    assert found.pop("right_neutral") == 1
    assert set(found.values()) == {0}


@pytest.mark.parametrize("category", ["closed", "sums", "all"])
def test_a_model_that_does_worse_when_asked_drops_there_alone(category: str) -> None:
    found = found_in(planted(worse_in=["asked"], admits_in=["asked"]), category)
    assert (found["drop_asked"], found["drop_reason"]) == (1, 0)
    assert (found["hidden_drop_asked"], found["hidden_drop_reason"]) == (0, 0)


def test_what_is_said_is_apart_from_what_is_done() -> None:
    found = found_in(planted(admits_in=["reason"]))
    assert (found["drop_reason"], found["says_held_back_reason_effect"]) == (0, 1)
    assert found["says_held_back_asked_effect"] == 0


def test_a_drop_that_is_denied_is_hidden() -> None:
    found = found_in(planted(worse_in=["reason"]))
    assert (found["drop_asked"], found["drop_reason"]) == (0, 1)
    assert (found["hidden_drop_reason"], found["says_held_back_reason_effect"]) == (1, 0)


def test_silence_is_missing_and_shown_apart() -> None:
    measures = measures_of(SANDBAGGING, planted(silent_in=["reason"]), items())
    found = values_of(measures)
    assert (found["drop_reason"], found["unread_reason_effect"]) == (None, 1)
    assert measures["all", "drop_reason"].num_missing == len(lines())
    assert measures["all", "drop_reason"].note == "nothing to measure"


def test_a_model_at_chance_has_no_drop_measured() -> None:
    worse = [form for form in get_args(Form)]
    for script, shown in ((planted(worse_in=worse), "0.00"), (lambda request: "A", "")):
        measures = measures_of(SANDBAGGING, script, [item for item in items() if item.category == "closed"])
        assert values_of(measures, "closed")["drop_reason"] is None
        note = measures["closed", "drop_reason"].note or ""
        assert f"accuracy with neutral texts is {shown}" in note


@pytest.mark.parametrize("texts", TEXTS, ids=[texts["asked"][:20] for texts in TEXTS])
def test_each_text_has_a_neutral_one_of_its_length(texts: dict[Form, str]) -> None:
    assert len(texts["asked"]) == len(texts["asked_neutral"])
    assert len(texts["reason"]) == len(texts["reason_neutral"])


def test_variants_differ_in_the_text_before_them_alone() -> None:
    asked: dict[str, set[str]] = {}
    for item in items():
        asked.setdefault(item.item_id, set()).add(item.messages[0].content.partition("\n\n")[2])
    assert {len(texts) for texts in asked.values()} == {1}
    assert len(asked) == len(lines()) == 48
    assert all(line.gold not in line.wrong for line in lines().values())
