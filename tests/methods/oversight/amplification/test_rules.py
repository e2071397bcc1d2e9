"""Decompositions by rule: each family of ours is split until its least size, and composes to its answer."""

import re

import pytest

from methods.oversight.amplification.rules import (
    admits,
    begins_with_its_terms,
    by_rule,
    is_number,
    is_readable,
)
from methods.problems.families import FamilySettings, ProblemSettings, make_problems

FAMILIES = [
    FamilySettings(family="larger", train=12, evaluation=0, sizes=(2, 3, 4, 8), style="symbols"),
    FamilySettings(family="larger", train=12, evaluation=0, sizes=(2, 5, 7)),
    FamilySettings(family="sums", train=12, evaluation=0, sizes=(2, 3, 6), style="symbols"),
    FamilySettings(family="sums", train=12, evaluation=0, sizes=(2, 3, 6)),
    FamilySettings(family="comparisons", train=12, evaluation=0, sizes=(2, 4)),
]


def answered(question: str) -> str:
    """The answer by a solver of least questions alone."""
    decomposition = by_rule(question)
    if decomposition is None:
        numbers = list(map(int, re.findall("[0-9]+", question)))
        assert len(numbers) == 2
        return str(sum(numbers) if "+" in question else max(numbers))
    return answered(decomposition.compose([answered(part) for part in decomposition.parts]))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.name}")
def test_parts_compose_to_the_gold_answer(family: FamilySettings) -> None:
    problems = make_problems(ProblemSettings(families=(family,)))
    for problem in problems:
        assert is_readable(problem.prompt) and answered(problem.prompt) == problem.answer
        assert admits(problem.prompt, problem.answer)
    split = [by_rule(problem.prompt) for problem in problems if (problem.difficulty or 0) > 2]
    assert all(split) and max(len(each.parts) for each in split if each) <= 2


def test_what_no_rule_knows_is_a_leaf_and_not_readable() -> None:
    for question in ("Ann has 3 apples and buys 4. How many?", "12:?", "1+2+3", "What is 1 + 2 + 3? Why?"):
        assert not is_readable(question) and by_rule(question) is None


def test_an_answer_that_cannot_be_right_is_seen_without_gold() -> None:
    assert not admits("12:7?", "8") and admits("12:7?", "12")
    # a sum may be anything
    assert admits("12+7=?", "99")
    assert begins_with_its_terms("3+1=?", "1+3=4") and not begins_with_its_terms("1+3=?", "10+4=14")
    assert begins_with_its_terms("What is 1 + 2 + 3?", "1+2+3=6") and not begins_with_its_terms(
        "1+3=?", "1+1=2"
    )
    # what is no sum may calculate as it likes
    assert begins_with_its_terms("12:7?", "9+9=18")
    assert is_number("-12") and not is_number("12 apples") and not is_number("1.5")
