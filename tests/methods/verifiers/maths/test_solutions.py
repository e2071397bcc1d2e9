"""Fifty solutions in the style of competition mathematics: each gives its own answer and no near miss."""

import tomllib
from pathlib import Path

import pytest

from methods.verifiers.maths.verdict import maths

VERIFY = maths()
SOLUTIONS = tomllib.loads(Path(__file__).with_name("solutions.toml").read_text(encoding="utf-8"))["solutions"]


def test_there_are_fifty_different_solutions() -> None:
    assert len({solution["text"] for solution in SOLUTIONS}) == 50
    assert all(solution["gold"] != solution["near"] for solution in SOLUTIONS)


@pytest.mark.parametrize("solution", SOLUTIONS, ids=[solution["gold"] for solution in SOLUTIONS])
def test_a_solution_is_accepted_by_its_answer_and_by_no_near_miss(solution: dict[str, str]) -> None:
    verdict = VERIFY(solution["text"], solution["gold"])
    assert verdict.accepted, verdict
    assert not VERIFY(solution["text"], solution["near"]).accepted
