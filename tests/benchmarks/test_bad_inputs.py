"""A few bad inputs of each area are refused in one sentence, and leave a state as it was."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.bad_inputs import LEAST, cases, contents
from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.running import Outcome, in_process
from benchmarks.sides.bad_inputs.verdict import ACCEPTED, verdict
from datasets_registry.state import State

EVERY = list(cases())
CASE = Case("profile", "x", "assets.cli", ("plan",), ("seed",))


def middle() -> Iterator[Case]:
    """One case of each area."""
    for _, group in groupby(EVERY, key=lambda case: case.area):
        members = list(group)
        yield members[len(members) // 2]


def test_there_are_enough_and_each_once() -> None:
    titles = [case.title for case in EVERY]
    assert len(titles) >= LEAST and len(set(titles)) == len(titles)


@pytest.mark.parametrize("case", list(middle()), ids=lambda case: case.area)
def test_one_of_each_area_is_refused_in_one_sentence(case: Case, tmp_path: Path) -> None:
    state = State(tmp_path / "state").prepare()
    before = contents(state)
    outcome = in_process(case, state.root)
    assert verdict(case, outcome) in ("refused", "explained"), outcome
    assert contents(state) == before


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (2, "error: seed is -1: it should be 0", "refused"),
        (0, "", "accepted"),
        (1, "Traceback (most recent call last):\nValueError: seed should be", "traceback"),
        (1, "error: unexpected ValueError: seed should (details in x)", "traceback"),
        (1, "error: seed is -1: it should be 0", "another exit code"),
        (2, "error: seed is -1\nit should be 0", "not one line"),
        (2, "error: seed is -1: it should be 0\nerror: rate is 0: it should be more", "refused"),
        (2, "error: seed is -1: it should be 0\nerror: rate is bad", "no remedy"),
        (2, "error: a number should be 0", "no value"),
        (2, "error: seed is bad", "no remedy"),
    ],
)
def test_what_is_wrong_with_a_refusal_is_told_apart(code: int, said: str, expected: str) -> None:
    assert verdict(CASE, Outcome(code, said, 0.1)) == expected


def test_each_reason_is_of_some_input() -> None:
    from fnmatch import fnmatch

    assert [pattern for pattern in ACCEPTED if not any(fnmatch(case.title, pattern) for case in EVERY)] == []
